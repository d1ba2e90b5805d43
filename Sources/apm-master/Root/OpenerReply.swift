// What a one-shot child that opens a file answers: {step, error} and at most one descriptor. It may
// run as somebody else, who can make it say anything.

import CLinux
import Control
import Glibc
import Posix

enum OpenerReply {
    enum Answer {
        case opened(Int32)
        case failed(ExitReport.Step, value: Int32)
        case notYet
    }

    /// The answer, checked: exactly one descriptor that `isRight` when it says opened, none when it
    /// does not. `broken` is the step of an answer that is none, `wrong` that of another file.
    static func receive(
        from socket: Int32, broken: ExitReport.Step, wrong: ExitReport.Step,
        isRight: (Int32) -> Bool
    ) -> Answer {
        var report = apm_spawn_report()
        let packet: ReceivedPacket?
        do {
            packet = try withUnsafeMutableBytes(of: &report) { bytes throws(SystemError) in
                try PacketSocket.receive(into: bytes, from: socket)
            }
        } catch {
            return .failed(broken, value: error.code)
        }
        guard let packet else { return .notYet }
        let step = UInt8(exactly: report.step).flatMap(ExitReport.Step.init(rawValue:))
        let isWhole = packet.byteCount == MemoryLayout<apm_spawn_report>.size
        if isWhole, step == ExitReport.Step.none, packet.descriptors.count == 1,
            isRight(packet.descriptors[0])
        {
            return .opened(packet.descriptors[0])
        }
        if !packet.descriptors.isEmpty {
            _ = apm_close_elsewhere(packet.descriptors, Int32(packet.descriptors.count))
        }
        guard isWhole, let step else { return .failed(broken, value: EIO) }
        return .failed(step == .none ? wrong : step, value: report.error)
    }
}
