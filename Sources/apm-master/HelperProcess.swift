// One helper: started, greeted, and started again when it dies or breaks the protocol. One that was
// killed and does not end, because it waits in a call of the kernel, is left to itself. What it is
// for stands elsewhere (LogBook); here is only its life and its link.

import Bytes
import CLinux
import Control
import Glibc
import Messages
import Posix

/// What the owner of a helper hears of it.
protocol HelperOwner: AnyObject {
    /// It has greeted: everything it must know is sent now.
    func helperGreeted()
    func helperSent(_ message: Message)
    /// It died by its own doing so often, soon after its start, one time after the other.
    func helperDiedYoung(_ times: Int)
    /// One that was left to itself is gone at last.
    func helperIsGone(_ pid: pid_t)
}

final class HelperProcess {
    enum State {
        case down
        case greeting
        case open
    }

    let role: Role
    private let executable: HelperExecutable
    private let nullDevice: Int32
    private let timeZone: String?
    private let reactor: Reactor
    private let notes: Notes
    weak var owner: (any HelperOwner)?

    private(set) var state = State.down
    private(set) var pid: pid_t = 0
    private(set) var restarts: UInt32 = 0
    private var pidfd: Descriptor?
    /// Those that were killed and have not ended.
    private var abandoned: Set<pid_t> = []
    private var link: Descriptor?
    private var report: Descriptor?
    private var outbox: [(bytes: [UInt8], descriptors: [Int32])] = []
    private var startedAt: Int64 = 0
    private var youngDeaths = 0
    /// Of these in a row, those that nobody else did to it.
    private var youngFaults = 0
    private var breach: String?
    /// How it ended last, in words.
    private(set) var lastEnd = ""
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: MessageLimits.messageBytes, alignment: 16)

    init(
        _ role: Role, beside folder: String, nullDevice: Int32, timeZone: String?,
        reactor: Reactor, notes: Notes
    ) throws(SystemError) {
        self.role = role
        executable = try HelperExecutable(role, beside: folder)
        self.nullDevice = nullDevice
        self.timeZone = timeZone
        self.reactor = reactor
        self.notes = notes
    }

    deinit {
        buffer.deallocate()
    }

    /// For `status`; nil: it was not needed yet.
    var row: HelperRow? {
        guard role == .logd || pid != 0 || !lastEnd.isEmpty else { return nil }
        return HelperRow(role: role, pid: UInt32(pid), restarts: restarts, lastEnd: lastEnd)
    }

    func start() {
        guard abandoned.count < MasterLimits.abandonedHelpers else {
            notes.alert("\(role.processName): \(abandoned.count) do not end; no other is started")
            return reactor.arm(.helperRestart(role), after: MasterLimits.helperDelayLongest)
        }
        do {
            let spawned = try executable.spawn(
                HelperPlan(nullDevice: nullDevice, timeZone: timeZone))
            pid = spawned.pid
            pidfd = Descriptor(owning: spawned.pidfd)
            link = Descriptor(owning: spawned.link)
            report = Descriptor(owning: spawned.report)
            startedAt = Clock.monotonicNanoseconds
            state = .greeting
            breach = nil
            try reactor.watch(spawned.link, as: .helper(role))
            reactor.arm(.helperGreeting(role), after: MasterLimits.helperGreeting)
            transmit(.hello(.master, version: Version.text))
        } catch {
            lastEnd = "cannot be started: \(error.text)"
            notes.alert("\(role.processName): \(lastEnd)")
            kill()
            guard pid == 0 else { return }
            youngDeaths += 1
            scheduleRestart(after: MasterLimits.helperDelay)
        }
    }

    /// Sends, or keeps until it can be sent. What is said while the helper is down is not kept: the
    /// owner says everything that still holds when it has greeted.
    func send(_ message: Message, descriptors: [Int32] = []) {
        guard state == .open else { return }
        transmit(message, descriptors)
    }

    /// Whether a message would go out at once.
    var isListening: Bool { state == .open && outbox.isEmpty }

    private func transmit(_ message: Message, _ descriptors: [Int32] = []) {
        // A descriptor comes with a message that is never long.
        if descriptors.isEmpty {
            for part in message.encodedParts() { transmit(part, []) }
        } else {
            transmit(message.encoded(), descriptors)
        }
    }

    private func transmit(_ bytes: [UInt8], _ descriptors: [Int32]) {
        guard let link = self.link.number else { return }
        if outbox.isEmpty {
            switch PacketSocket.send(bytes, descriptors: descriptors, over: link) {
            case .sent: return
            // It is gone; its end is heard of.
            case .failed(EPIPE), .failed(ECONNRESET): return
            case .failed(let errno): return fail("cannot be told: \(ErrorText.of(errno))")
            case .full: break
            }
        }
        guard outbox.count < MasterLimits.helperOutbox else {
            fail("does not read its messages")
            return
        }
        let copies = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, 3) }
        guard !copies.contains(where: { $0 < 0 }) else {
            fail("cannot be told: no descriptor is left")
            return
        }
        if outbox.isEmpty { reactor.arm(.helperReading(role), after: MasterLimits.helperPatience) }
        outbox.append((bytes, copies))
        watchOutbox()
    }

    private func watchOutbox() {
        guard let link = self.link.number else { return }
        // Changing a registered descriptor of ours fails only for want of memory.
        try? reactor.change(
            link, to: outbox.isEmpty ? .readable : [.readable, .writable], as: .helper(role))
    }

    func flush() {
        guard let link = self.link.number else { return }
        var done = 0
        while done < outbox.count {
            let entry = outbox[done]
            let result = PacketSocket.send(
                entry.bytes, descriptors: entry.descriptors, over: link)
            if result == .full { break }
            for descriptor in entry.descriptors { close(descriptor) }
            done += 1
        }
        guard done > 0 else { return }
        outbox.removeFirst(done)
        if outbox.isEmpty {
            reactor.disarm(.helperReading(role))
        } else {
            reactor.arm(.helperReading(role), after: MasterLimits.helperPatience)
        }
        watchOutbox()
    }

    /// Reads what has come; a breach of the protocol ends the helper.
    func receive(atMost count: Int = MasterLimits.messagesPerTurn) {
        for _ in 0..<count {
            guard let link = self.link.number else { return }
            do {
                guard let packet = try PacketSocket.receive(into: buffer, from: link) else {
                    return
                }
                if !packet.descriptors.isEmpty {
                    _ = apm_close_elsewhere(packet.descriptors, Int32(packet.descriptors.count))
                }
                // Its end, or what looks like it: it cannot be told anything any more.
                guard packet.byteCount > 0 else { return kill() }
                try handle(
                    packet.byteCount, truncated: packet.isTruncated, packet.descriptors.count)
            } catch let error as SystemError where error.code == ECONNRESET {
                // It died with messages unread; what it had sent itself is still there.
                continue
            } catch {
                return fail("sent what it may not send (\(error))")
            }
        }
    }

    private func handle(_ count: Int, truncated: Bool, _ descriptors: Int) throws(DecodeError) {
        guard !truncated else { throw .wrongLength }
        let message = try Message.decode(
            UnsafeRawBufferPointer(rebasing: buffer[0..<count]).bytes, from: role,
            in: state == .open ? .open : .greeting, descriptors: descriptors)
        guard case .hello(let peer, let version) = message else {
            owner?.helperSent(message)
            return
        }
        guard peer == role, version == Version.text else {
            fail("is \(peer.processName) \(version), not \(role.processName) \(Version.text)")
            return
        }
        state = .open
        reactor.disarm(.helperGreeting(role))
        owner?.helperGreeted()
    }

    /// It was started and has said nothing.
    func greetingTimedOut() {
        if state == .greeting { fail("does not greet") }
    }

    /// Messages have waited for it all the time.
    func readingIsOverdue() {
        if !outbox.isEmpty { fail("does not read its messages") }
    }

    /// It has broken the protocol.
    func fail(_ reason: String) {
        breach = reason
        kill()
    }

    func kill() {
        if let pidfd = self.pidfd.number {
            SignalInstance.send(SIGKILL, to: pidfd)
            reactor.arm(.helperFuneral(role), after: MasterLimits.helperFuneral)
        }
        closeLink()
    }

    /// Whether its process lives and so holds what it was given; what it had taken is closed by its
    /// end, not by ours.
    var isAlive: Bool {
        guard state == .open, let pidfd = self.pidfd.number else { return false }
        var ending = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
        return poll(&ending, 1, 0) == 0
    }

    // MARK: its end

    /// It waits in a call that does not come back: another takes its place at once.
    func abandon(_ reason: String) {
        // Its last words count.
        receive(atMost: MasterLimits.helperOutbox)
        breach = reason
        kill()
        leave()
    }

    /// It was killed and has not ended.
    func funeralIsOverdue() {
        if state == .down { leave() }
    }

    private func leave() {
        guard pid != 0 else { return }
        abandoned.insert(pid)
        lastEnd = "it " + (breach ?? "does not end")
        notes.alert(
            "\(role.processName) \(pid) waits in the kernel and does not end: \(lastEnd); "
                + "another is started")
        forgetProcess()
        scheduleRestart()
    }

    private func forgetProcess() {
        reactor.disarm(.helperGreeting(role))
        reactor.disarm(.helperFuneral(role))
        pidfd = nil
        report = nil
        pid = 0
    }

    /// A child was reaped; false when it was no helper of this kind.
    func childEnded(_ child: pid_t, code: Int32, status: Int32, restarting: Bool) -> Bool {
        if child == pid {
            ended(code: code, status: status, restarting: restarting)
        } else if abandoned.remove(child) != nil {
            owner?.helperIsGone(child)
        } else {
            return false
        }
        return true
    }

    private func closeLink() {
        if let link = self.link.number { reactor.forget(link) }
        link = nil
        for entry in outbox { for descriptor in entry.descriptors { close(descriptor) } }
        outbox = []
        reactor.disarm(.helperReading(role))
        state = .down
    }

    private func ended(code: Int32, status: Int32, restarting: Bool) {
        let lived = Clock.monotonicNanoseconds - startedAt
        // Its last words count: a stream that it says has ended must not be opened again.
        receive(atMost: MasterLimits.helperOutbox)
        closeLink()
        let isOwnFault =
            breach != nil || code == CLD_EXITED || ![SIGKILL, SIGTERM].contains(status)
        if restarting {
            lastEnd = endText(code, status)
            notes.alert("\(role.processName) ended: \(lastEnd); it is started again")
        }
        forgetProcess()
        guard restarting else { return }
        let isYoung = lived < MasterLimits.helperYouth.nanoseconds
        youngDeaths = isYoung ? youngDeaths + 1 : 0
        if !isYoung { youngFaults = 0 }
        if isYoung, isOwnFault {
            youngFaults += 1
            owner?.helperDiedYoung(youngFaults)
        }
        scheduleRestart()
    }

    private func scheduleRestart(after shortest: Duration = .zero) {
        restarts.countUp()
        // The first death costs no wait: its work is waiting.
        guard youngDeaths > 1 else { return reactor.arm(.helperRestart(role), after: shortest) }
        let doubled = MasterLimits.helperDelay * (1 << min(youngDeaths - 2, 10))
        reactor.arm(.helperRestart(role), after: min(doubled, MasterLimits.helperDelayLongest))
    }

    private func endText(_ code: Int32, _ status: Int32) -> String {
        if let breach { return "it " + breach }
        if let failure = startFailure() { return failure }
        guard code != CLD_EXITED else { return "exit code \(status)" }
        if status == SIGSYS {
            return "forbidden system call (the kernel's log has it as type=1326)"
        }
        return "signal \(status)"
    }

    private func startFailure() -> String? {
        guard let report = self.report.number else { return nil }
        var failure = apm_spawn_report()
        let size = MemoryLayout<apm_spawn_report>.size
        guard read(report, &failure, size) == size else { return nil }
        return "cannot be started (step \(failure.step): \(ErrorText.of(failure.error)))"
    }

    /// Ends it in peace: it reads what was sent, then the end of the link.
    func close() {
        flush()
        closeLink()
    }

    private func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }
}
