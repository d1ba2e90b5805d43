// Bytes as text, for expectations that can be read.

extension Sequence where Element == UInt8 {
    var text: String { String(decoding: Array(self), as: UTF8.self) }
}
