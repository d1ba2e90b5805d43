// Who gets a place among the lookers: nobody keeps others out.

import Testing

@testable import apm_guid

@Suite struct PlacesTests {
    private func filled(_ crowd: [(uid: UInt32, count: Int)]) -> Places {
        var places = Places(ownUid: 7)
        for (uid, count) in crowd { for _ in 0..<count { places.take(uid) } }
        return places
    }

    @Test func oneUidMakesRoomForItself() {
        let places = filled([(1001, Limits.clientsOfOne)])
        #expect(places.crowded(by: 1001) == 1001)
        #expect(places.crowded(by: 1002) == nil)
    }

    @Test func whoHasMostMakesRoom() {
        let places = filled([(1001, 500), (1002, 400), (1003, 92)])
        #expect(places.crowded(by: 1004) == 1001)
    }

    @Test func rootAndTheOwnUserHavePlacesKept() {
        let places = filled([(1001, 500), (1002, 492)])
        #expect(places.crowded(by: 0) == nil)
        #expect(places.crowded(by: 7) == nil)
    }

    @Test func rootTakesAPlaceOfOthersWhenAllAreTaken() {
        let places = filled([(0, 900), (1001, 100), (1002, 24)])
        #expect(places.crowded(by: 0) == 1001)
    }

    @Test func rootAloneMakesRoomForItself() {
        #expect(filled([(0, Limits.clients)]).crowded(by: 0) == 0)
    }

    @Test func aPlaceGivenBackIsFree() {
        var places = filled([(1001, Limits.clientsOfOne)])
        places.give(1001)
        #expect(places.crowded(by: 1001) == nil)
    }
}
