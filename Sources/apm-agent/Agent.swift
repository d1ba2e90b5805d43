// The job of a process, and its talk with the master: greet, take a question, answer, until the
// master closes.

import CLinux
import Confinement
import Glibc
import Messages
import Posix

/// Does the job of that name; gives the exit status.
func runAgent(_ job: String?) -> Int32 {
    do {
        switch job {
        case "account":
            let link = try MasterLink(inheritedBy: .agent, version: Version.text)
            try Confinement.enterAccount()
            return serve(link, AccountAgent.answer)
        case "environment":
            let link = try MasterLink(inheritedBy: .agent, version: Version.text)
            try Confinement.prepareEnvironment()
            var agent = EnvironmentAgent()
            return serve(link) { (message, descriptors) throws(SystemError) in
                try agent.answer(message, descriptors)
            }
        case "watch":
            let link = try MasterLink(inheritedBy: .agent, version: Version.text)
            try Confinement.enterWatch()
            var agent = WatchAgent(link)
            return agent.run()
        default:
            complain("it is started by apm-master")
        }
    } catch {
        complain(error.text)
    }
    return 1
}

func complain(_ text: String) {
    let line = "apm-agent: \(text)\n"
    _ = write(STDERR_FILENO, line, line.utf8.count)
}

/// Answers each message of the master, one after the other.
private func serve(
    _ link: MasterLink, _ answer: (Message, [Int32]) throws(SystemError) -> Message?
) -> Int32 {
    while true {
        let interest = Int16(POLLIN) | (link.hasUnsent ? Int16(POLLOUT) : 0)
        var ready = pollfd(fd: MasterLink.descriptor, events: interest, revents: 0)
        guard poll(&ready, 1, -1) >= 0 || errno == EINTR else { return 1 }
        link.flush()
        switch link.receive() {
        case .none: continue
        case .closed: return 0
        case .breach(let reason):
            complain(reason)
            return 1
        case .message(.hello, _): continue
        case .message(let message, let descriptors):
            do {
                guard let reply = try answer(message, descriptors) else { return 1 }
                link.sendInParts(reply)
            } catch {
                complain(error.text)
                return 1
            }
        }
    }
}
