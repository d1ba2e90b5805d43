// When changes are told: one time for all of them, when nothing more has changed for a while; also
// when changes never end. Pure: times come from elsewhere, in monotonic nanoseconds.

struct Debounce {
    private let delay: Int64
    /// What is never exceeded from the first change on.
    private let longest: Int64
    private var first: Int64?
    private var last: Int64 = 0
    /// From one time to the next, whatever the delay.
    private var notBefore: Int64 = .min

    init(delayMilliseconds: UInt32) {
        delay = Int64(delayMilliseconds) * 1_000_000
        longest = max(Int64(Limits.debounceDelays) * delay, Limits.debounceNanoseconds)
    }

    /// When it is to be told; nil: nothing has changed.
    var due: Int64? {
        first.map { max(notBefore, min(last + delay, $0 + longest)) }
    }

    mutating func changed(at now: Int64) {
        if first == nil { first = now }
        last = now
    }

    /// Whether it is to be told now, and is told by that.
    mutating func isDue(at now: Int64) -> Bool {
        guard let due, due <= now else { return false }
        first = nil
        notBefore = now + max(delay, Limits.tellingNanoseconds)
        return true
    }
}
