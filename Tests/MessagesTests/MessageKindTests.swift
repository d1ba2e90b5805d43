// Kinds of message and the values that carry them.

import Messages
import Testing

@Suite struct MessageKindTests {
    @Test func eachSampleSaysItsOwnKind() {
        for kind in MessageKind.allCases {
            for message in MessageSamples.of(kind) { #expect(message.kind == kind) }
        }
    }

    @Test func theNameIsTheCase() {
        #expect(MessageKind.openStream.name == "openStream")
    }
}
