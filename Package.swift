// swift-tools-version: 6.2
// The dependency rules of the tree: executables import Shared, never each other; the pure half of
// Shared never imports the half with effects. `--explicit-target-dependency-import-check error`
// (see the Makefile) turns a forbidden import into a build error.
import PackageDescription

/// Settings of every Swift target: warnings are errors, and non-escapable views may be stored.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableExperimentalFeature("Lifetimes"),
]

/// Of what works on each request: thirty times in one, Swift would look whether two accesses to
/// a property overlap, a twentieth of the time. The debug build does; the stage tests run on both.
let hot: [SwiftSetting] =
    strict + [
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
    ]

let strictC: [CSetting] = [
    .enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error),
]

/// A release executable carries everything: a host needs neither Swift nor a shared library.
let carried: [LinkerSetting] = [
    .unsafeFlags(["-static-executable"], .when(configuration: .release))
]

func pure(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Shared/\(name)",
        swiftSettings: strict)
}

func test(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

let package = Package(
    name: "apm",
    products: [
        .executable(name: "apm", targets: ["apm"]),
        .executable(name: "apm-master", targets: ["apm-master"]),
        .executable(name: "apm-logd", targets: ["apm-logd"]),
        .executable(name: "apm-agent", targets: ["apm-agent"]),
        .executable(name: "apm-guid", targets: ["apm-guid"]),
        .executable(name: "apm-proxyd", targets: ["apm-proxyd"]),
        // For fuzz/ and bench/, which are packages of their own.
        .library(
            name: "Shared",
            targets: ["Bytes", "Config", "Control", "Frames", "HTTPWire", "Messages", "Settings"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
    ],
    targets: [
        // Shared, pure: no system call, cannot block.
        pure("Bytes"),
        pure("Colours"),
        pure("Patterns"),
        pure("Settings", ["Bytes", "Patterns"]),
        pure("Config", ["Settings"]),
        pure("Messages", ["Bytes", "Settings"]),
        pure("Control", ["Bytes", "Messages", "Settings"]),
        pure("Frames", ["Bytes"]),
        pure("HTTPWire", ["Bytes"]),
        // Shared, effects.
        .target(name: "CLinux", path: "Sources/Shared/CLinux", cSettings: strictC),
        .systemLibrary(name: "CSeccomp", path: "Sources/Shared/CSeccomp"),
        .systemLibrary(name: "CCapability", path: "Sources/Shared/CCapability"),
        pure("Posix", ["CLinux", "Messages"]),
        pure("ConfigDisk", ["CLinux", "Config", "Posix"]),
        pure("EventLoop", ["CLinux", "Posix"]),
        pure("Confinement", ["Bytes", "CLinux", "CSeccomp", "Messages", "Posix"]),
        // One folder a process.
        .executableTarget(
            name: "apm-master",
            dependencies: [
                "Bytes", "CCapability", "CLinux", "Control", "EventLoop", "Frames", "Messages",
                "Posix", "Settings",
            ],
            swiftSettings: strict, linkerSettings: carried),
        .executableTarget(
            name: "apm-logd",
            dependencies: [
                "Bytes", "CLinux", "Colours", "Confinement", "EventLoop", "Messages", "Posix",
            ],
            swiftSettings: strict, linkerSettings: carried),
        .executableTarget(
            name: "apm-guid",
            dependencies: [
                "Bytes", "CLinux", "Confinement", "Control", "EventLoop", "Messages", "Posix",
            ],
            swiftSettings: strict, linkerSettings: carried),
        .executableTarget(
            name: "apm-proxyd",
            dependencies: [
                "Bytes", "CLinux", "Confinement", "EventLoop", "Frames", "HTTPWire", "Messages",
                "Posix", "Settings",
            ],
            swiftSettings: hot, linkerSettings: carried),
        // Not carried: what answers for accounts is loaded by this host's own C library.
        .executableTarget(
            name: "apm-agent",
            dependencies: [
                "Bytes", "CLinux", "Config", "ConfigDisk", "Confinement", "Messages", "Patterns",
                "Posix", "Settings",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "apm",
            dependencies: [
                "Bytes", "CLinux", "Config", "ConfigDisk", "Confinement", "Control", "Messages",
                "Patterns", "Posix", "Settings",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict, linkerSettings: carried),
        // Tests: a twin for each module, real binaries in SystemTests, the house rules in
        // TidyTests.
        .executableTarget(
            name: "probe", path: "Tests/Probe", cSettings: strictC, linkerSettings: carried),
        test("BytesTests", ["Bytes"]),
        test("MessagesTests", ["Bytes", "Messages", "Settings"]),
        test("SettingsTests", ["Bytes", "Documents", "Settings"]),
        test("ControlTests", ["Bytes", "Control", "Messages", "Settings"]),
        test("ConfigTests", ["Bytes", "Config", "Settings"]),
        test("ConfigDiskTests", ["Config", "ConfigDisk"]),
        test("FramesTests", ["Bytes", "Documents", "Frames"]),
        test("HTTPWireTests", ["Bytes", "HTTPWire"]),
        test("ConnectorTests", ["Bytes", "CLinux", "Documents", "Frames", "Posix"]),
        .testTarget(
            name: "StrictnessTests", dependencies: ["Bytes", "Documents", "HTTPWire", "Samples"],
            path: "Tests/StrictnessTests",
            exclude: ["client.py", "peers.py", "requests.txt", "responses.txt"],
            swiftSettings: strict),
        test("ColoursTests", ["Colours"]),
        test("EventLoopTests", ["EventLoop", "Posix"]),
        test("PatternsTests", ["Patterns"]),
        test(
            "AgentTests",
            ["apm-agent", "Bytes", "CLinux", "Config", "Messages", "Patterns", "Settings"]),
        test(
            "GuidTests",
            ["apm-guid", "Bytes", "Control", "Documents", "Messages", "Posix", "Settings"]),
        test("LogdTests", ["apm-logd", "Children", "CLinux", "Documents", "Messages", "Posix"]),
        test(
            "ProxydStageTests",
            ["Bytes", "CLinux", "Children", "Frames", "Messages", "Posix", "Samples", "Settings"]),
        test(
            "ProxydTests",
            ["apm-proxyd", "Bytes", "Frames", "HTTPWire", "Messages", "Settings"]),
        test(
            "MasterTests",
            ["apm-master", "Bytes", "Control", "Documents", "Messages", "Posix", "Settings"]),
        test(
            "CLITests",
            [
                "apm", "CLinux", "Config", "ConfigDisk", "Control", "Documents", "HTTPWire",
                "Messages", "Posix", "Settings",
            ]),
        .target(
            name: "Children", dependencies: ["CLinux", "Posix"], path: "Tests/Children",
            swiftSettings: strict),
        .target(name: "Documents", path: "Tests/Documents", swiftSettings: strict),
        .target(
            name: "Samples", dependencies: ["Documents"], path: "Tests/Samples",
            swiftSettings: strict),
        .target(name: "Injection", path: "Tests/Injection", cSettings: strictC),
        test(
            "SystemTests",
            [
                "apm-master", "Bytes", "CLinux", "Control", "Documents", "Injection", "Messages",
                "Posix",
                "Settings",
            ]),
        test("TidyTests", []),
    ],
    swiftLanguageModes: [.v6]
)
