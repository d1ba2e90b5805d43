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

    init(kind: ControlKind, body: [UInt8]) {
        self.kind = kind
        self.body = body
    }
}

final class Showcase {
    private let look: Look
    private lazy var listed = Answer(.listed(look.entries.map(\.row)))
    private lazy var looked = Answer(.looked(look.entries.map(\.figures)))
    private lazy var welcome = Answer(.welcome(look.status))
    private lazy var told = Answer(.statusTold(look.status))
    /// Entries by the worker's name.
    private lazy var places = Dictionary(
        look.entries.enumerated().map { ($0.element.row.name, $0.offset) },
        uniquingKeysWith: { first, _ in first })

    init(_ look: Look) { self.look = look }

    func answer(_ question: Question) -> Answer {
        switch question {
        case .welcome: return welcome
        case .list: return listed
        case .look: return looked
        case .status: return told
        case .order: return Answer(.refused(Refusal(.notPermitted)))
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
    case look
    case status
    case info(String)
    /// For the master to do: a request's kind and body.
    case order(ControlKind, [UInt8])
}
