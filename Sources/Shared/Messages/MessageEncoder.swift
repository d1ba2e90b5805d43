// Message to bytes.

import Bytes

extension Message {
    /// The whole datagram. Its descriptor count is the one of the permit table.
    public func encoded(id: UInt32 = 0) -> [UInt8] {
        var writer = ByteWriter()
        writeBody(&writer)
        return MessageHeader.datagram(
            kind: kind.rawValue, id: id, descriptorCount: descriptorCount, body: writer.bytes)
    }

    /// The datagrams of a message whose body may be longer than one.
    public func encodedParts(id: UInt32 = 0) -> [[UInt8]] {
        var writer = ByteWriter()
        writeBody(&writer)
        return Parts.datagrams(
            kind: kind.rawValue, id: id, body: writer.bytes, descriptors: descriptorCount)
    }

    private var descriptorCount: UInt16 {
        switch self {
        case .openJournal, .openLog, .openStream, .tailLog, .showStart, .readEnvironmentFile,
            .openLook, .openFigures, .openServer, .openAccessLog:
            1
        case .openInstance: 3
        case .hello, .closeLog, .logFailed, .streamEnded, .closeStream, .forgetStart, .note,
            .forgetRecent, .restyleStream, .releaseStream, .working, .ping, .ponged,
            .resolveAccount, .accountResolved, .readLoginPath, .loginPathRead,
            .environmentFileRead, .refreshLook, .lookTaken, .admitOrders, .order, .orderAnswered,
            .resolveUid, .uidResolved, .resolveGroup, .groupResolved, .watchFiles, .fileChanged,
            .watchFailed, .watching, .readConfig, .configRead, .workerPlanned, .configNoted,
            .daemonPlanned, .configFileRead, .configNamesListed, .sourceRead, .orderAbandoned,
            .openWorker, .closeWorker, .closeServer, .instanceReady, .drainInstance,
            .instanceDrained, .closeInstance, .instanceClosed, .instanceFailed, .closeAccessLog,
            .proxyNoted:
            0
        }
    }

    private func writeBody(_ writer: inout ByteWriter) {
        switch self {
        case .hello(let role, let version):
            writer.writeCase(role)
            writer.write(version)
        case .openJournal, .working, .ping, .ponged, .readEnvironmentFile, .refreshLook,
            .configRead, .openFigures:
            break
        case .openLog(let log, let path):
            writer.write(log)
            writer.write(path)
        case .closeLog(let log): writer.write(log)
        case .logFailed(let log, let errno):
            writer.write(log)
            writer.write(errno)
        case .openStream(let plan): plan.write(to: &writer)
        case .streamEnded(let stream, let lines):
            writer.write(stream)
            writer.write(lines)
        case .closeStream(let stream), .showStart(let stream), .forgetStart(let stream),
            .releaseStream(let stream):
            writer.write(stream)
        case .tailLog(let request): request.write(to: &writer)
        case .note(let level, let text), .proxyNoted(let level, let text):
            writer.writeCase(level)
            writer.write(text)
        case .forgetRecent(let worker), .closeWorker(let worker), .openAccessLog(let worker),
            .closeAccessLog(let worker):
            writer.write(worker)
        case .restyleStream(let style):
            writer.write(style.stream)
            writer.write(style.stripsANSI)
            writer.write(style.prefix)
            writer.write(style.timeFormat)
        case .resolveAccount(let name): writer.write(name)
        case .accountResolved(let answer): answer.write(to: &writer)
        case .readLoginPath(let login): login.write(to: &writer)
        case .loginPathRead(let path): path.write(to: &writer)
        case .environmentFileRead(let file): file.write(to: &writer)
        case .watchFiles(let plan): plan.write(to: &writer)
        case .fileChanged(let path): writer.write(path.text)
        case .watchFailed(let failure): failure.write(to: &writer)
        case .watching(let folders): folders.write(to: &writer)
        case .openLook(let idle): writer.write(idle)
        case .lookTaken(let look): writer.write(look)
        case .admitOrders(let admits): writer.write(admits)
        case .order(let order): order.write(to: &writer)
        case .orderAnswered(let answer): answer.write(to: &writer)
        case .orderAbandoned(let id): writer.write(id)
        case .resolveUid(let uid): writer.write(uid)
        case .uidResolved(let answer): answer.write(to: &writer)
        case .resolveGroup(let name): writer.write(name)
        case .groupResolved(let answer): answer.write(to: &writer)
        case .readConfig(let request): request.write(to: &writer)
        case .workerPlanned(let planned): planned.write(to: &writer)
        case .configNoted(let message): message.write(to: &writer)
        case .daemonPlanned(let settings): settings.write(to: &writer)
        case .configFileRead(let path), .configNamesListed(let path): writer.write(path)
        case .sourceRead(let report): report.write(to: &writer)
        default: writeProxyBody(&writer)
        }
    }

    /// Between master and proxyd.
    private func writeProxyBody(_ writer: inout ByteWriter) {
        switch self {
        case .openWorker(let worker): worker.write(to: &writer)
        case .openServer(let server): server.write(to: &writer)
        case .closeServer(let server): writer.write(server)
        case .openInstance(let instance): instance.write(to: &writer)
        case .instanceReady(let instance), .drainInstance(let instance),
            .instanceDrained(let instance), .closeInstance(let instance),
            .instanceClosed(let instance):
            writer.write(instance)
        case .instanceFailed(let instance, let fault):
            writer.write(instance)
            writer.writeCase(fault)
        default: preconditionFailure("\(kind.name) is not written")
        }
    }
}

extension StreamPlan {
    fileprivate func write(to writer: inout ByteWriter) {
        writer.write(stream)
        writer.write(log)
        writer.write(worker)
        writer.write(instance)
        writer.writeCase(source)
        writer.write(stripsANSI)
        writer.write(keepsStart)
        writer.write(prefix)
        writer.write(timeFormat)
    }
}

extension TailRequest {
    fileprivate func write(to writer: inout ByteWriter) {
        writer.write(lines)
        writer.write(follows)
        writer.write(instance)
        writer.write(UInt16(workers.count))
        for worker in workers { writer.write(worker) }
        writer.write(uid)
    }
}
