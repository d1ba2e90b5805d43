// The colours that tell instances apart where the prefix sets none: twelve of the 256, bright
// enough on black and dark enough on white, none of them the red of an alert.

public enum InstancePalette {
    public static let colours: [UInt8] = [33, 208, 70, 170, 37, 172, 99, 65, 205, 75, 136, 141]

    /// The colour of an instance, counted from 1.
    public static func colour(of instance: UInt16) -> UInt8 {
        colours[Int(instance) % colours.count]
    }
}
