// Where the settings of servers are held.

extension SettingKey {
    /// The field of a key that `field` leaves to this one.
    var servingField: SettingField {
        switch self {
        case .server: .servers(\.servers)
        case .lowercaseHeaders: .truth(\.serverSettings.lowercaseHeaders)
        case .trustProxy: .truth(\.serverSettings.trustProxy)
        case .trustedProxies: .networks(\.serverSettings.trustedProxies)
        case .keepAlive: .number(\.serverSettings.keepAlive)
        case .maxConnections: .number(\.serverSettings.maxConnections)
        case .traceHeader: .text(\.serverSettings.traceHeader)
        case .maxRequestLine: .number(\.serverSettings.maxRequestLine)
        case .maxHeaderSize: .number(\.serverSettings.maxHeaderSize)
        case .maxHeaders: .number(\.serverSettings.maxHeaders)
        case .maxBody: .bytes(\.serverSettings.maxBody)
        case .headerTimeout: .number(\.serverSettings.headerTimeout)
        case .bodyTimeout: .number(\.serverSettings.bodyTimeout)
        case .sendTimeout: .number(\.serverSettings.sendTimeout)
        case .responseTimeout: .number(\.serverSettings.responseTimeout)
        case .queueLimit: .number(\.serverSettings.queueLimit)
        case .queueTimeout: .number(\.serverSettings.queueTimeout)
        case .accessLog: .text(\.accessLog)
        case .drainTimeout: .number(\.drainTimeout)
        case .connector: .truth(\.connector)
        default: preconditionFailure("\(rawValue) has no field")
        }
    }
}
