// What a running daemon would make of a file: asked by a reload of which nothing is carried out, so
// that it is compared with settings that the caller may not even see.

import Control

struct RunningView {
    enum Answer {
        /// No daemon runs.
        case none
        /// One runs, and cannot be asked.
        case unknown(Failure)
        /// It would not load the file.
        case refused(Failure)
        case told(LoadReport)
    }

    var answer = Answer.none
    /// Names of all its workers.
    var names: Set<String> = []

    /// Never starts a daemon.
    static func of(_ path: String, _ environment: [String], in session: Session) -> RunningView {
        var view = RunningView()
        do throws(Failure) {
            guard let connection = try session.find() else { return view }
            guard case .listed(let rows) = try connection.ask(.list).reply else { return view }
            view.names = Set(rows.map(\.name))
            view.answer = ask(connection, path, environment)
        } catch {
            view.answer = .unknown(error)
        }
        return view
    }

    private static func ask(
        _ connection: ControlConnection, _ path: String, _ environment: [String]
    ) -> Answer {
        let command = ReloadCommand(file: path, isDry: true, environment: environment)
        do throws(Failure) {
            guard
                case .loaded(_, let report) = try connection.ask(.reload(command), waits: true)
                    .reply
            else { return .none }
            return .told(report)
        } catch {
            return error.status == .unreachable || error.status == .interrupted
                ? .unknown(error) : .refused(error)
        }
    }
}
