// Whether a helper comes back from touching a pipe: looks at its watch words, one after the other.
// Pure: no clock, no process. What the helper says about itself leads to no more than a witness;
// only what the witness finds has consequences.

struct StallWatch {
    /// What one look showed.
    struct Sight: Equatable {
        /// How often a pipe was touched.
        var touches: UInt64
        /// The place whose pipe is being touched.
        var place: UInt32?
    }

    enum Finding: Equatable {
        case fine
        /// It has not come back since the last look: a witness is to ask for the pipe too.
        case suspect(UInt32)
        /// The witness waits as well: somebody holds the pipe up.
        case heldUp(UInt32)
        /// It is held up although who was at hand has been ended.
        case hopeless(UInt32)
    }

    private enum Stage {
        case looking, witnessing, ending
    }

    private var last: Sight?
    private var stage = Stage.looking

    var isInDoubt: Bool { stage != .looking }

    /// `witnessWaits`: whether the witness that was asked for still waits for the pipe.
    mutating func look(_ sight: Sight, witnessWaits: Bool) -> Finding {
        defer { last = sight }
        guard let place = sight.place, sight == last else {
            stage = .looking
            return .fine
        }
        switch stage {
        case .looking:
            stage = .witnessing
            return .suspect(place)
        case .witnessing where witnessWaits:
            stage = .ending
            return .heldUp(place)
        case .ending where witnessWaits:
            stage = .looking
            return .hopeless(place)
        case .witnessing, .ending:
            // It is slow, or it lies.
            stage = .looking
            return .fine
        }
    }
}
