// The real apm-proxyd against clients and workers that keep to HTTP and frames, and against those
// that do not. One stage at a time: bounds of time and memory hold for a process that has the
// machine to itself.

import Testing

@Suite(.serialized) enum ProxydStage {}

extension Stage {
    /// A client's request that a certain instance got; what the others get on the way is answered.
    func place(
        on wanted: Instance, _ text: String = get("/bystander")
    ) throws -> (client: Client, request: StageRequest) {
        for _ in 0..<16 {
            let client = try connect()
            client.send(text)
            let (instance, request) = try nextRequest()
            if instance === wanted { return (client, request) }
            instance.respond(request)
            _ = try client.nextAnswer()
        }
        throw StageError("no request came to instance \(wanted.place)")
    }

    /// The next request, whoever got it.
    func nextRequest() throws -> (Instance, StageRequest) {
        let deadline = Deadline.patient
        while !deadline.hasPassed {
            for instance in instances where instance.input >= 0 {
                guard let frame = try instance.frame(Deadline(milliseconds: 1)) else { continue }
                if frame.kind == .request { return (instance, try StageRequest(frame)) }
            }
        }
        throw StageError("no instance got a request")
    }

    /// As `place`, where the other instances do not answer.
    func place(
        reachedWithin wanted: Instance
    ) throws -> (client: Client, request: StageRequest) {
        for _ in 0..<4 {
            let client = try connect()
            client.send(get("/reaching"))
            if let frame = try wanted.frame(Deadline(milliseconds: 300)), frame.kind == .request {
                return (client, try StageRequest(frame))
            }
        }
        throw StageError("no request came to instance \(wanted.place)")
    }

    /// One request and its answer, through whichever instance.
    func exchange(_ text: String = get()) throws -> Answer {
        let client = try connect()
        client.send(text)
        let (instance, request) = try nextRequest()
        instance.respond(request, 200, [], "hi")
        return try client.nextAnswer()
    }
}

/// What a bystander's request must go through while somebody else misbehaves.
struct Bystander {
    private let instance: Instance
    private let client: Client
    private let request: StageRequest

    /// Its request is under way.
    init(on stage: Stage, _ instance: Instance) throws {
        self.instance = instance
        (client, request) = try stage.place(on: instance)
    }

    /// It is answered as if nothing had been.
    func expectAnswer() throws {
        instance.respond(request, 200, ["X-Bystander: yes"], "unharmed")
        let answer = try client.nextAnswer()
        #expect(answer.status == 200)
        #expect(answer.text == "unharmed")
    }
}

extension Client {
    /// It ends, and nothing of it looks like the end of a whole answer.
    func expectCut() throws {
        switch try end() {
        case .reset: break
        case .closed(let text):
            let answer = try Answer.read(Array(text.utf8), isHead: false, hasEnded: true)
            #expect(answer == nil, "a cut answer looks whole: \(text.suffix(100))")
        }
    }
}
