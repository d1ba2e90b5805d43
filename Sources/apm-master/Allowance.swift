// How often somebody may do something: a bucket that fills with time. Pure.

/// So many at once, and so many more each second.
struct Allowance {
    let rate: Double
    let burst: Double
    private var left: Double
    private var countedAt: Int64 = 0

    init(rate: Double, burst: Double) {
        self.rate = rate
        self.burst = burst
        left = burst
    }

    /// One may be had; `now` in monotonic nanoseconds.
    mutating func has(at now: Int64) -> Bool {
        left = amount(at: now)
        countedAt = now
        return left >= 1
    }

    func isWhole(at now: Int64) -> Bool { amount(at: now) >= burst }

    private func amount(at now: Int64) -> Double {
        min(burst, left + max(0, Double(now - countedAt) / 1e9 * rate))
    }

    mutating func spend() { left -= 1 }

    /// Spends one where one may be had.
    mutating func take(at now: Int64) -> Bool {
        guard has(at: now) else { return false }
        spend()
        return true
    }
}
