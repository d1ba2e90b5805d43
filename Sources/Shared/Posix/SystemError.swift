// What the world answered instead of doing it: operation, subject, errno.

import CLinux
import Glibc

/// A failed system call.
public struct SystemError: Error, Equatable, Sendable {
    public let operation: String
    public let subject: String
    public let code: Int32

    public init(_ operation: String, subject: String = "", code: Int32) {
        self.operation = operation
        self.subject = subject
        self.code = code
    }

    /// From the `-errno` that the functions of CLinux return.
    public init(_ operation: String, subject: String = "", negated result: Int) {
        self.init(operation, subject: subject, code: Int32(truncatingIfNeeded: -result))
    }

    /// `open /x: Permission denied`.
    public var text: String {
        let words = ErrorText.of(code)
        return subject.isEmpty ? "\(operation): \(words)" : "\(operation) \(subject): \(words)"
    }
}

/// The kernel's words for an errno.
public enum ErrorText {
    public static func of(_ code: Int32) -> String {
        guard let words = strerror(code) else { return "errno \(code)" }
        return String(cString: words)
    }
}
