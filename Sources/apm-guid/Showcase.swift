// What is shown: the last look that the master took, encoded once for all who ask.

import Control
import Messages

/// A whole reply without its header; the bytes are shared by all who get it.
struct Answer {
    let kind: ControlKind
    let body: [UInt8]

    init(_ reply: Reply) {
        kind = reply.kind
        body = reply.body
    }
}

struct Showcase {
    private let look: Look
    private let listed: Answer
    private let welcome: Answer
    private let told: Answer
    /// Entries by the worker's name.
    private let places: [String: Int]

    init(_ look: Look) {
        self.look = look
        listed = Answer(.listed(look.entries.map(\.row)))
        welcome = Answer(.welcome(look.status))
        told = Answer(.statusTold(look.status))
        var places: [String: Int] = [:]
        for (place, entry) in look.entries.enumerated() { places[entry.row.name] = place }
        self.places = places
    }

    func answer(_ question: Question) -> Answer {
        switch question {
        case .welcome: return welcome
        case .list: return listed
        case .status: return told
        case .info(let name):
            guard let place = places[name] else {
                return Answer(.refused(Refusal(.noSuchWorker, subject: name)))
            }
            return Answer(.informed(look.entries[place].info))
        }
    }
}

/// What a looker may ask.
enum Question: Equatable {
    case welcome
    case list
    case status
    case info(String)
}
