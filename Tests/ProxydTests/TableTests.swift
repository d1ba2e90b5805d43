// Slots, generations and buffers: what is given back comes again as something else.

import Frames
import Messages
import Settings
import Testing

@testable import apm_proxyd

@Suite struct SessionTableTests {
    @Test func aSlotThatComesAgainIsAnotherSession() throws {
        var table = try SessionTable(capacity: 16, firstGeneration: 4095)
        let firstTaken = table.take()
        let first = try #require(firstTaken)
        let id = first.pointee.id
        #expect(id.slot == 1)
        #expect(id.generation == 4095)
        #expect(table[id] == first)
        first.pointee.lastInstance = 7
        table.give(first)
        #expect(table[id] == nil)
        #expect(table.isFormer(id, of: 7))
        #expect(!table.isFormer(id, of: 8))
        let secondTaken = table.take()
        let second = try #require(secondTaken)
        #expect(second == first)
        #expect(second.pointee.id.generation == 0)
        #expect(table[id] == nil)
    }

    @Test func aRenewedSessionHasAnotherId() throws {
        var table = try SessionTable(capacity: 16, firstGeneration: 5)
        let sessionTaken = table.take()
        let session = try #require(sessionTaken)
        let id = session.pointee.id
        table.renew(session)
        #expect(session.pointee.id == SessionID(slot: id.slot, generation: 6))
        #expect(table[id] == nil)
    }

    @Test func anIdOfNobodyIsNone() throws {
        var table = try SessionTable(capacity: 16, firstGeneration: 0)
        _ = table.take()
        for raw in [0, 2, 15, 16, 0xFFFFF, UInt32.max] {
            #expect(table[SessionID(rawValue: raw)] == nil)
            #expect(!table.isFormer(SessionID(rawValue: raw), of: 0))
        }
    }

    @Test func aFullTableGivesNone() throws {
        var table = try SessionTable(capacity: 3, firstGeneration: 0)
        let sessions = [table.take(), table.take()].compactMap { $0 }
        #expect(sessions.count == 2)
        let third = table.take()
        #expect(third == nil)
        table.give(sessions[0])
        let again = table.take()
        #expect(again == sessions[0])
        #expect(table.open == 2)
    }
}

@Suite struct BufferPoolTests {
    @Test func bytesStayWhileABufferGrowsAndIsTakenFromTheFront() {
        let pool = BufferPool()
        var buffer = Buffer()
        var expected: [UInt8] = []
        for round in 0..<2000 {
            let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: round % 97)
            piece.withUnsafeBytes { pool.append($0, to: &buffer) }
            expected += piece
            let taken = min(expected.count, round % 61)
            if taken > 0 {
                pool.consume(taken, of: &buffer)
                expected.removeFirst(taken)
            }
            #expect(Array(buffer.bytes) == expected)
        }
        pool.release(&buffer)
        #expect(buffer.isEmpty)
        #expect(buffer.capacity == 0)
    }

    @Test func roomIsWhatWasAskedForAndMemoryComesAgain() throws {
        let pool = BufferPool()
        for size in [1, 511, 512, 513, 65_536, 131_072, 131_073, 1_000_000] {
            var first = Buffer()
            pool.reserve(&first, size)
            #expect(first.room.count >= size)
            let memory = try #require(first.memory)
            pool.release(&first)
            var second = Buffer()
            pool.reserve(&second, size)
            #expect(second.memory == memory)
            pool.release(&second)
        }
    }
}

@Suite struct DispatchTests {
    private func worker(_ count: UInt16) throws -> Worker {
        let pool = BufferPool()
        let memory = try #require(Mapped.pages(4096))
        let plan = ProxiedWorker(
            worker: 0, name: "api", isExpected: true, settings: ServerSettings())
        let worker = Worker(plan, WorkerFigures(words: memory))
        let key = try #require(FrameKey(rawValue: 0xF9))
        for number in 0..<count {
            let start = ConnectedInstance(instance: number, worker: 0, number: number + 1, key: 0)
            let instance = Instance(
                start, key: key, worker: worker, figures: InstanceFigures(words: memory + 512),
                input: -1, output: -1, text: -1)
            worker.ready.append(instance)
        }
        _ = pool
        return worker
    }

    @Test func requestsGoRound() throws {
        let worker = try worker(3)
        #expect((0..<7).map { _ in worker.choose()?.place } == [0, 1, 2, 0, 1, 2, 0])
        worker.ready.remove(at: 1)
        let places = (0..<4).map { _ in worker.choose()?.place }
        #expect(places.filter { $0 == 0 }.count == 2)
        #expect(places.filter { $0 == 2 }.count == 2)
    }

    @Test func oneThatIsFullIsLeftOut() throws {
        let worker = try worker(2)
        let pool = BufferPool()
        pool.reserve(&worker.ready[0].unwritten, Limits.unwrittenBytes)
        worker.ready[0].unwritten.end = UInt32(Limits.unwrittenBytes)
        #expect((0..<3).map { _ in worker.choose()?.place } == [1, 1, 1])
        worker.ready.remove(at: 1)
        #expect(worker.choose() == nil)
    }

    @Test func thePassedOneIsFollowedByTheNext() throws {
        let worker = try worker(3)
        #expect(worker.choose(after: worker.ready[0])?.place == 1)
        #expect(worker.choose(after: worker.ready[2])?.place == 0)
        let alone = try self.worker(1)
        #expect(alone.choose(after: alone.ready[0]) == nil)
    }
}
