// Values of the messages between master and proxyd.

import Messages
import Settings

enum ProxySamples {
    private static let lastWorker = UInt16(MessageLimits.workers - 1)
    private static let lastServer = UInt16(MessageLimits.servers - 1)
    private static let lastInstance = UInt16(MessageLimits.connectedInstances - 1)

    static func of(_ kind: MessageKind) -> [Message] {
        switch kind {
        case .openFigures: [.openFigures]
        case .openWorker: workers.map(Message.openWorker)
        case .closeWorker: [.closeWorker(0), .closeWorker(lastWorker)]
        case .openServer: servers.map(Message.openServer)
        case .closeServer: [.closeServer(0), .closeServer(lastServer)]
        case .openInstance:
            [
                .openInstance(ConnectedInstance(instance: 0, worker: 0, number: 1, key: 0xF9)),
                .openInstance(
                    ConnectedInstance(
                        instance: lastInstance, worker: lastWorker, number: .max, key: .max)),
            ]
        case .instanceReady: [.instanceReady(0), .instanceReady(lastInstance)]
        case .drainInstance: [.drainInstance(0), .drainInstance(lastInstance)]
        case .instanceDrained: [.instanceDrained(0), .instanceDrained(lastInstance)]
        case .closeInstance: [.closeInstance(0), .closeInstance(lastInstance)]
        case .instanceClosed: [.instanceClosed(0), .instanceClosed(lastInstance)]
        case .openAccessLog: [.openAccessLog(worker: 0), .openAccessLog(worker: lastWorker)]
        case .closeAccessLog: [.closeAccessLog(worker: 0), .closeAccessLog(worker: lastWorker)]
        case .instanceFailed:
            InstanceFault.allCases.map { .instanceFailed(lastInstance, $0) }
        case .proxyNoted:
            NoteLevel.allCases.map {
                .proxyNoted($0, MessageSamples.text(MessageLimits.noteBytes))
            }
        default: []
        }
    }

    private static var workers: [ProxiedWorker] {
        var edges = ServerSettings()
        edges.lowercaseHeaders = true
        edges.trustProxy = false
        edges.trustedProxies = []
        edges.keepAlive = 0
        edges.maxConnections = .max
        edges.traceHeader = String(repeating: "x", count: SettingsLimits.nameBytes)
        edges.maxRequestLine = SettingsLimits.requestLineBytes.upperBound
        edges.maxHeaderSize = SettingsLimits.headerBytes.upperBound
        edges.maxHeaders = SettingsLimits.headers.upperBound
        edges.maxBody = SettingsLimits.memoryBytes
        edges.headerTimeout = SettingsLimits.milliseconds
        edges.bodyTimeout = 1
        edges.sendTimeout = 1
        edges.responseTimeout = 0
        edges.queueLimit = 0
        edges.queueTimeout = 0
        return [
            ProxiedWorker(worker: 0, name: "api", isExpected: true, settings: ServerSettings()),
            ProxiedWorker(
                worker: lastWorker, name: MessageSamples.text(SettingsLimits.nameBytes),
                isExpected: false, settings: edges),
        ]
    }

    private static var servers: [ProxiedServer] {
        ["http://0.0.0.0:80", "http://[::1]:65535"].compactMap { ServerAddress($0) }.map {
            ProxiedServer(server: lastServer, worker: lastWorker, address: $0)
        }
    }
}
