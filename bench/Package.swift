// swift-tools-version: 6.2
// What one request costs in the pure half of the data plane, without any system call. Built and run
// by `bench/micro`.
import PackageDescription

let package = Package(
    name: "bench",
    dependencies: [.package(name: "apm", path: "..")],
    targets: [
        .executableTarget(
            name: "wire-bench", dependencies: [.product(name: "Shared", package: "apm")],
            swiftSettings: [
                .treatAllWarnings(as: .error), .enableExperimentalFeature("Lifetimes"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
