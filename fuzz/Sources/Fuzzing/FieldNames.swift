// Names of fields that no worker gets, in small letters, for models of what the parsers do.

public enum FieldNames {
    /// Fields of the connection itself.
    public static let ofConnection: [String] = [
        "te", "proxy", "expect", "upgrade", "connection", "keep-alive", "proxy-connection",
        "transfer-encoding", "proxy-authenticate", "proxy-authorization",
    ]

    /// Fields that say whose request it is, or seem to, with hyphens for underscores.
    private static let claims: [String] = [
        "x-real-ip", "forwarded", "client-ip", "x-client-ip", "x-remote-ip", "forwarded-for",
        "x-remote-addr", "true-client-ip", "cf-connecting-ip", "fastly-client-ip",
        "do-connecting-ip", "x-originating-ip", "x-azure-clientip", "cf-connecting-ipv6",
        "x-cluster-client-ip", "x-appengine-user-ip", "x-envoy-external-address",
        "x-original-forwarded-for",
    ]

    public static func withHyphens(_ name: [UInt8]) -> String {
        String(decoding: name.map { $0 == 0x5F ? 0x2D : $0 }, as: UTF8.self)
    }

    /// A name in small letters that says something of the client, or of how its request came.
    public static func isClaim(_ name: [UInt8]) -> Bool {
        let meant = withHyphens(name)
        return meant.hasPrefix("x-forwarded") || claims.contains(meant)
    }
}
