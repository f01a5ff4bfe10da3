// swift-tools-version: 6.2
import PackageDescription

// No package dependencies: an appliance that links ReplenishKit gets none. C libraries come from the board.
// Every device target also compiles as Embedded Swift (`make boards-check`), which does not link modules by itself:
// so each library is named with linkedLibrary as well as in its module map.

let strict: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

let package = Package(
  name: "ReplenishKit",
  products: [
    .library(name: "ReplenishCore", targets: ["ReplenishCore"]),
    .library(name: "ReplenishLinux", targets: ["ReplenishLinux"]),
    .library(name: "ReplenishKit", targets: ["ReplenishKit"]),
    .library(name: "ReplenishBluetoothd", targets: ["ReplenishBluetoothd"]),
    .executable(name: "dash-button", targets: ["dash-button"]),
    .executable(name: "replenishctl", targets: ["replenishctl"]),
    .executable(name: "replenish-factory", targets: ["replenish-factory"]),
    .executable(name: "replenish-selftest", targets: ["replenish-selftest"]),
    .executable(name: "companion", targets: ["companion"]),
  ],
  targets: [
    // C libraries
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CLinux", providers: [.apt(["libc6-dev", "linux-libc-dev"])]),

    // Corrections of the Embedded Swift runtime; empty in an ordinary build
    .target(name: "CSwiftRuntime"),

    // The device side
    .target(
      name: "ReplenishCore", dependencies: ["COpenSSL", "CJansson", "CSwiftRuntime"], swiftSettings: strict,
      linkerSettings: [.linkedLibrary("crypto"), .linkedLibrary("jansson"), .linkedLibrary("m")]),
    .target(
      name: "ReplenishLinux", dependencies: ["ReplenishCore", "COpenSSL", "CCurl", "CLinux"], swiftSettings: strict,
      linkerSettings: [.linkedLibrary("crypto"), .linkedLibrary("curl")]),
    .target(name: "ReplenishSelfTest", dependencies: ["ReplenishCore"], swiftSettings: strict),
    .target(
      name: "ReplenishKit", dependencies: ["ReplenishCore", "ReplenishLinux", "ReplenishSelfTest"],
      swiftSettings: strict),
    // Setup through bluetoothd: apart, so that firmware without it has nothing of it. libsystemd is loaded when it is
    // first needed; to compile this takes its headers (libsystemd-dev).
    .target(name: "CSystemd"),
    .target(
      name: "ReplenishBluetoothd", dependencies: ["ReplenishCore", "ReplenishLinux", "CSystemd", "CLinux"],
      swiftSettings: strict),
    // The C library; the compiler checks each function against the header in CReplenish
    .systemLibrary(name: "CReplenish"),
    .target(
      name: "ReplenishCCommon", dependencies: ["CReplenish", "ReplenishCore"], path: "Sources/ReplenishC/Common",
      swiftSettings: strict),
    .target(
      name: "ReplenishC",
      dependencies: ["CReplenish", "ReplenishCCommon", "ReplenishCore", "ReplenishKit", "ReplenishLinux"],
      path: "Sources/ReplenishC/Device", swiftSettings: strict),
    .target(
      name: "ReplenishCCore",
      dependencies: ["CReplenish", "ReplenishCCommon", "ReplenishCore", "COpenSSL", "CJansson"],
      path: "Sources/ReplenishC/Core", swiftSettings: strict),
    .executableTarget(
      name: "dash-button",
      dependencies: ["ReplenishKit", "ReplenishBluetoothd", "ReplenishCore", "ReplenishLinux", "CLinux"],
      path: "Examples/DashButton",
      exclude: [
        "README.md", "dash-button.conf", "dash-button.service", "dash-button.sysusers", "dash-button.rules",
        "dash-button-bluetooth.conf", "bluetoothd-main.conf",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "replenishctl", dependencies: ["ReplenishCore", "ReplenishSelfTest", "CLinux"], swiftSettings: strict),

    // Host-only programs
    .systemLibrary(name: "CGetopt"),
    .systemLibrary(name: "CQrencode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
    .target(name: "ReplenishHost", dependencies: ["ReplenishCore", "COpenSSL", "CGetopt"], swiftSettings: strict),
    .target(
      name: "ReplenishFactory", dependencies: ["ReplenishCore", "ReplenishHost", "COpenSSL", "CQrencode"],
      swiftSettings: strict),
    .executableTarget(
      name: "replenish-factory", dependencies: ["ReplenishFactory", "ReplenishCore", "ReplenishHost"],
      swiftSettings: strict),
    .systemLibrary(
      name: "CCompanion", path: "Examples/Companion/C", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(
      name: "ReplenishCompanion",
      dependencies: ["ReplenishCore", "ReplenishHost", "CCompanion", "CLinux"],
      path: "Examples/Companion/Library", swiftSettings: strict),
    .executableTarget(
      name: "companion", dependencies: ["ReplenishCompanion", "ReplenishCore", "ReplenishHost"],
      path: "Examples/Companion/Tool",
      swiftSettings: strict),

    // Tests
    .target(
      name: "ReplenishTestSupport",
      dependencies: ["ReplenishCore", "ReplenishLinux", "ReplenishSelfTest", "CLinux"], path: "Tests/Support",
      swiftSettings: strict),
    // The same checks on a board: Embedded Swift, as the device targets.
    .executableTarget(
      name: "replenish-selftest",
      dependencies: ["ReplenishTestSupport", "ReplenishCore", "ReplenishLinux", "CLinux"], path: "Tests/SelfTest",
      swiftSettings: strict),
    .testTarget(
      name: "ReplenishCoreTests", dependencies: ["ReplenishCore", "ReplenishLinux", "ReplenishTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ReplenishLinuxTests", dependencies: ["ReplenishLinux", "ReplenishTestSupport", "CLinux"],
      swiftSettings: strict),
    .testTarget(
      name: "ReplenishKitTests", dependencies: ["ReplenishKit", "ReplenishCore", "ReplenishLinux", "CLinux"],
      swiftSettings: strict),
    .testTarget(
      name: "ReplenishSelfTestTests",
      dependencies: ["ReplenishSelfTest", "ReplenishTestSupport", "ReplenishCore", "replenish-selftest"],
      swiftSettings: strict),
    .testTarget(name: "ReplenishctlTests", dependencies: ["replenishctl", "CLinux"], swiftSettings: strict),
    .testTarget(
      name: "ReplenishFactoryTests", dependencies: ["ReplenishFactory", "ReplenishHost", "replenish-factory"],
      swiftSettings: strict),
    .testTarget(
      name: "ReplenishCompanionTests", dependencies: ["ReplenishCompanion", "ReplenishHost", "companion"],
      swiftSettings: strict),
    .target(
      name: "ReplenishFuzzHarness", dependencies: ["ReplenishCore", "ReplenishLinux"], path: "Tests/Fuzz/Harness",
      swiftSettings: strict),
    .testTarget(name: "ReplenishCorpusTests", dependencies: ["ReplenishFuzzHarness"], swiftSettings: strict),
  ]
)
