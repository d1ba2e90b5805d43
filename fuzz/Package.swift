// swift-tools-version: 6.2
// The fuzzers: one executable a decoder, and `seeds`, which writes their first corpus from the
// samples of the unit tests. Built and run by `fuzz/run`, which passes the sanitizer flags.
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableExperimentalFeature("Lifetimes"),
]

func fuzzer(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: [.product(name: "Shared", package: "apm"), "Fuzzing"],
        swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
}

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "apm", path: "..")],
    targets: [
        .target(name: "Fuzzing", swiftSettings: strict),
        fuzzer("fuzz-messages"),
        fuzzer("fuzz-control"),
        fuzzer("fuzz-config"),
        fuzzer("fuzz-frames"),
        fuzzer("fuzz-request"),
        fuzzer("fuzz-response"),
        fuzzer("fuzz-chunked"),
        fuzzer("fuzz-websocket"),
        .executableTarget(
            name: "seeds", dependencies: [.product(name: "Shared", package: "apm")],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
