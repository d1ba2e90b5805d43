// Instances that do not keep up with what clients give up: they get no more until they have, and
// nobody is ended for what a stranger does.

import Frames
import Messages
import Testing

extension ProxydStage {
    @Suite struct LagTests {
        /// Requests whose clients go away while the worker has them.
        private func giveUp(_ count: Int, on slow: Instance, _ stage: Stage) throws -> [SessionID] {
            try (0..<count).map { _ in
                let (client, request) = try stage.place(on: slow, get("/given-up"))
                client.reset()
                _ = try slow.expect(.close)
                return request.session
            }
        }

        @Test func whoLagsBehindGetsNoMoreUntilItHasCaughtUp() throws {
            try Stage.run { stage in
                let slow = try stage.openInstance()
                let sessions = try giveUp(128, on: slow, stage)
                let late = try stage.connect()
                late.send(get("/late"))
                #expect(Wait.until { stage.figures.waiting() == 1 })
                try slow.expectSilence(milliseconds: 50)
                slow.send(.close, sessions[0])
                let request = try slow.nextRequest()
                #expect(request.target == "/late")
                slow.respond(request, 200, [], "in the end")
                #expect(try late.nextAnswer().text == "in the end")
                for session in sessions.dropFirst() { slow.send(.close, session) }
                #expect(Wait.until { stage.figures.sessions(slow) == 0 })
                for fault in InstanceFault.allCases {
                    #expect(try !stage.hasCome(.instanceFailed(slow.place, fault)), "\(fault)")
                }
            }
        }

        @Test func othersTakeWhatItDoesNot() throws {
            try Stage.run { stage in
                let slow = try stage.openInstance()
                _ = try giveUp(128, on: slow, stage)
                let quick = try stage.openInstance()
                for number in 0..<4 {
                    let client = try stage.connect()
                    client.send(get("/\(number)"))
                    quick.respond(try quick.nextRequest(), 200, [], "hi")
                    #expect(try client.nextAnswer().text == "hi")
                }
                try slow.expectSilence(milliseconds: 50)
            }
        }
    }
}
