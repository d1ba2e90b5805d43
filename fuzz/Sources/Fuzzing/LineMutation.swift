// Changes by whole lines: heads are lines, and one that a fuzzer would have to find letter by
// letter means something only as a whole.

public enum LineMutation {
    /// Half of the changes are libFuzzer's, to any byte; the others put in one of `lines`, take a
    /// line away, or put it in another place. Lines begin at `first` at the earliest.
    public static func apply(
        _ start: UnsafeMutablePointer<UInt8>, _ count: Int, room: Int, seed: UInt32,
        from first: Int, lines: [StaticString]
    ) -> Int {
        var random = Random(seed: seed)
        if random.below(2) == 0 || count <= first { return mutateBytes(start, count, room) }
        var input = [UInt8](UnsafeBufferPointer(start: start, count: count))
        for _ in 0...random.below(3) { change(&input, from: first, lines, &random) }
        let kept = input.prefix(room)
        _ = UnsafeMutableBufferPointer(start: start, count: room).update(fromContentsOf: kept)
        return kept.count
    }

    private static func change(
        _ input: inout [UInt8], from first: Int, _ lines: [StaticString], _ random: inout Random
    ) {
        let starts =
            [first] + input.indices.dropFirst(first + 1).filter { input[$0 - 1] == 0x0A }
        let place = random.pick(starts)
        let end = starts.first { $0 > place } ?? input.count
        switch random.below(6) {
        case 0: input.removeSubrange(place..<end)
        case 1:
            let line = input[place..<end]
            input.insert(contentsOf: line, at: random.pick(starts))
        default:
            let line = random.pick(lines)
            line.withUTF8Buffer { input.insert(contentsOf: $0, at: place) }
        }
    }
}
