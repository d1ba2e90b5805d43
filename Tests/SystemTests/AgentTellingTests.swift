// An agent that lasts, as somebody else's program: what it may tell the master, and how much.

import CLinux
import Glibc
import Messages
import Posix
import Testing

@testable import apm_master

extension SystemTests {
    @Suite struct AgentTellingTests {
        /// The master's side of an agent, the other end of its link in the test's hands.
        private final class Stranger {
            let agent: AgentProcess
            let link: Int32
            private let room = UnsafeMutableRawBufferPointer.allocate(
                byteCount: MessageLimits.messageBytes, alignment: 16)

            init() throws {
                let child = Program.start("/bin/sleep", ["1000"])
                let ends = try DescriptorPair.packetSockets()
                link = ends.1
                agent = AgentProcess(
                    SpawnedHelper(
                        pid: child, pidfd: apm_pidfd_open(child), link: ends.0,
                        report: open("/dev/null", O_RDONLY | O_CLOEXEC)),
                    AgentTask(
                        job: .watch, identity: nil, questions: [], done: { _ in }, hears: { _ in }))
                #expect(agent.ask())
            }

            deinit {
                agent.end()
                Program.end(agent.pid)
                close(link)
                room.deallocate()
            }

            func send(_ message: Message) { send(message.encoded()) }

            func send(_ datagram: [UInt8]) {
                #expect(PacketSocket.send(datagram, over: link) == .sent)
            }

            func greet() { send(.hello(.agent, version: Version.text)) }

            /// Why it is ended; nil: it is not.
            func fault() -> String? {
                for _ in 0..<20 {
                    guard case .failed(let reason)? = agent.receive(into: room) else { continue }
                    return reason
                }
                return nil
            }
        }

        @Test func whatItTellsIsHeard() throws {
            let stranger = try Stranger()
            stranger.greet()
            let path = ShownPath("src/app.js".utf8)
            let told: [Message] = [
                .watching(WatchedFolders(count: 2)), .fileChanged(path),
                .watchFailed(WatchFailure(.watchLimit, errno: 28)),
            ]
            for message in told { stranger.send(message) }
            #expect(stranger.fault() == nil)
            #expect(stranger.agent.hasGreeted && stranger.agent.takeHeard() == told)
            #expect(stranger.agent.takeHeard().isEmpty)
        }

        @Test func aFloodEndsIt() throws {
            let stranger = try Stranger()
            stranger.greet()
            for _ in 0..<100 { stranger.send(.fileChanged(ShownPath("a".utf8))) }
            #expect(stranger.fault()?.contains("may not send") == true)
            #expect(stranger.agent.takeHeard().count <= 70)
        }

        @Test func otherMessagesEndIt() throws {
            for message: Message in [
                .uidResolved(AccountAnswer(.unknown)), .environmentFileRead(EnvironmentFile(.read)),
                .watchFiles(WatchPlan(folder: "/", wanted: [], delayMilliseconds: 0)), .working,
            ] {
                let stranger = try Stranger()
                stranger.greet()
                stranger.send(message)
                #expect(stranger.fault()?.contains("may not send") == true, "\(message.kind)")
            }
            let silent = try Stranger()
            silent.send(.fileChanged(.none))
            #expect(silent.fault() != nil)
        }

        /// A line of the daemon's log is one line.
        @Test func aPathWithALineEndEndsIt() throws {
            for text in ["a\nalert all is lost", "a\u{1B}[2J", "a\u{85}b", "a\u{202E}b"] {
                let stranger = try Stranger()
                stranger.greet()
                let body = Array(text.utf8)
                let length = [UInt8(body.count), 0]
                stranger.send(
                    MessageHeader.datagram(
                        kind: MessageKind.fileChanged.rawValue, body: length + body))
                #expect(stranger.fault() != nil, "\(text)")
                #expect(stranger.agent.takeHeard().isEmpty)
                #expect(ShownPath(body).text.contains("?"))
            }
        }
    }
}
