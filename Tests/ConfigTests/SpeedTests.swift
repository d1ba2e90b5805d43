// A thousand workers are read in little time, and in proportion to their number.

import Settings
import Testing

@testable import Config

@Suite(.serialized) struct SpeedTests {
    private func text(_ workers: Int) -> String {
        (0..<workers).map { number in
            """
            worker api-\(number) {
                exec         node;
                params       server.js --port \(3000 + number);   # its port
                instances    4;
                restart      true;
                restart_err  true;
                env          A=1, B=2;
                server       http://0.0.0.0:\(3000 + number);
                log          logs/api-\(number).log;
                vanguard { ban_path *.php, *.env; rate_limit 100; }
            }

            """
        }.joined()
    }

    private func time(_ workers: Int) -> Duration {
        let files = MemoryFiles(["/etc/a.conf": text(workers)])
        let clock = ContinuousClock()
        var read = 0
        let taken = clock.measure {
            read = ConfigReader.plan(of: "/etc/a.conf", from: files).workers.count
        }
        #expect(read == workers)
        return taken
    }

    /// Of debug code on a busy machine; release code takes a tenth of it.
    @Test func aThousandWorkers() {
        let taken = (0..<3).map { _ in time(1000) }.min() ?? .zero
        print("1,000 workers: \(taken)")
        #expect(taken < .seconds(3))
    }

    @Test func fourTimesAsManyTakeNotMuchMore() {
        let few = (0..<3).map { _ in time(500) }.min() ?? .zero
        let many = (0..<3).map { _ in time(2000) }.min() ?? .zero
        #expect(many < few * 12)
    }
}
