// Whom a request comes from: forwarded addresses are believed from trusted peers alone, and the
// nearest address that is not trusted counts.

import Glibc
import Settings
import Testing

extension ProxydStage {
    @Suite struct AddressTests {
        struct Case: CustomTestStringConvertible, Sendable {
            let fields: [String]
            var trusted = ["127.0.0.0/8", "::1", "10.0.0.0/8"]
            var isBelieved = true
            let address: String

            var testDescription: String { "\(fields) \(trusted) \(isBelieved)" }

            init(
                _ fields: [String], trusted: [String]? = nil, isBelieved: Bool = true,
                _ address: String
            ) {
                self.fields = fields
                if let trusted { self.trusted = trusted }
                self.isBelieved = isBelieved
                self.address = address
            }
        }

        static let cases: [Case] = [
            Case([], "127.0.0.1"),
            Case(["X-Forwarded-For: 203.0.113.7"], "203.0.113.7"),
            // From a peer that is not trusted, or where nobody is believed.
            Case(["X-Forwarded-For: 203.0.113.7"], trusted: [], "127.0.0.1"),
            Case(["X-Forwarded-For: 203.0.113.7"], trusted: ["10.0.0.0/8"], "127.0.0.1"),
            Case(["X-Forwarded-For: 203.0.113.7"], isBelieved: false, "127.0.0.1"),
            Case(["X-Real-IP: 203.0.113.7"], trusted: [], "127.0.0.1"),
            Case(["Forwarded: for=203.0.113.7"], trusted: [], "127.0.0.1"),
            // The right-most address that is not trusted; what stands before it anybody can write.
            Case(["X-Forwarded-For: 6.6.6.6, 203.0.113.7"], "203.0.113.7"),
            Case(["X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.1.2.3"], "203.0.113.7"),
            Case(["X-Forwarded-For: 6.6.6.6,203.0.113.7 ,\t10.1.2.3,10.0.0.1"], "203.0.113.7"),
            Case(["X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 203.0.113.7"], "203.0.113.7"),
            Case(
                ["X-Forwarded-For: 203.0.113.7", "X-Other: 1", "X-Forwarded-For: 10.0.0.9"],
                "203.0.113.7"),
            // IPv6.
            Case(["X-Forwarded-For: 2001:db8::7"], "2001:db8::7"),
            Case(["X-Forwarded-For: 2001:DB8:0:0:0:0:0:7, ::1"], "2001:db8::7"),
            // Underscored twins and others are not read.
            Case(["X_Forwarded_For: 6.6.6.6"], "127.0.0.1"),
            Case(["X-Forwarded-For: 203.0.113.7", "X_Forwarded_For: 6.6.6.6"], "203.0.113.7"),
            // What is no address ends the chain: the last who can be known is a trusted peer.
            Case(["X-Forwarded-For: 6.6.6.6, rubbish"], "127.0.0.1"),
            Case(["X-Forwarded-For: unknown"], "127.0.0.1"),
            Case(["X-Forwarded-For: "], "127.0.0.1"),
            Case(["X-Forwarded-For: 300.1.1.1"], "127.0.0.1"),
            Case(["X-Forwarded-For: 1.2.3.4.5"], "127.0.0.1"),
            Case(["X-Forwarded-For: 6.6.6.6, 0x7f.1"], "127.0.0.1"),
        ]

        @Test(arguments: cases)
        func theAddressIsTheNearestUntrusted(_ row: Case) throws {
            var settings = ServerSettings()
            settings.trustProxy = row.isBelieved
            settings.trustedProxies = row.trusted.compactMap { IPNetwork($0) }
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(
                    "GET / HTTP/1.1\r\nHost: a\r\n" + row.fields.map { $0 + "\r\n" }.joined()
                        + "\r\n")
                let request = try worker.nextRequest()
                #expect(request.address == row.address)
                worker.respond(request)
                #expect(try client.nextAnswer().status == 200)
            }
        }

        @Test(arguments: [true, false])
        func whatAClientForgesDoesNotPass(_ isBelieved: Bool) throws {
            var settings = ServerSettings()
            settings.trustedProxies = []
            settings.trustProxy = isBelieved
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(
                    get(
                        "/", "X-Forwarded-For: 6.6.6.6", "X_Forwarded_For: 6.6.6.6",
                        "X-Real-IP: 6.6.6.6", "X_Real_IP: 6.6.6.6", "Forwarded: for=6.6.6.6",
                        "Proxy: http://6.6.6.6"))
                let request = try worker.nextRequest()
                for field in request.fields {
                    #expect(!field.value.contains("6.6.6.6"), "\(field)")
                }
                worker.respond(request)
                #expect(try client.nextAnswer().status == 200)
            }
        }

        @Test func aTrustedChainPassesAsTheAddressAlone() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(
                    get(
                        "/", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 203.0.113.7, 127.0.0.1",
                        "X_Forwarded_For: 6.6.6.6"))
                let request = try worker.nextRequest()
                #expect(request["x-forwarded-for"] == ["203.0.113.7"])
                #expect(request["x_forwarded_for"].isEmpty)
                worker.respond(request)
                #expect(try client.nextAnswer().status == 200)
            }
        }

        @Test func aClientOfVersionSixHasItsAddress() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                try stage.openServer(1, host: "::1")
                let client = try stage.connect(1)
                client.send(get())
                let request = try worker.nextRequest()
                #expect(request.address == "::1")
                worker.respond(request)
                #expect(try client.nextAnswer().status == 200)
            }
        }
    }
}
