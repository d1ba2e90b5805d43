// The version of this build; apm, master and helpers must agree on it.

public enum Version {
    public static let text = "0.1.0"
}
