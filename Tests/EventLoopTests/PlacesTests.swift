// Who gets a place in a table that strangers can fill: nobody keeps others out.

import EventLoop
import Testing

@Suite struct PlacesTests {
    private static let all = 1024
    private static let ofOne = 512

    private func filled(_ crowd: [(uid: UInt32, count: Int)]) -> Places {
        var places = Places(
            Places.Limits(all: Self.all, ofOne: Self.ofOne, keptForRoot: 32), ownUid: 7)
        for (uid, count) in crowd { for _ in 0..<count { places.take(uid) } }
        return places
    }

    @Test func oneUidMakesRoomForItself() {
        let places = filled([(1001, Self.ofOne)])
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
        #expect(filled([(0, Self.all)]).crowded(by: 0) == 0)
    }

    @Test func aPlaceGivenBackIsFree() {
        var places = filled([(1001, Self.ofOne)])
        places.give(1001)
        #expect(places.crowded(by: 1001) == nil)
    }
}
