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
  ],
  targets: [
    // C libraries
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CLinux", providers: [.apt(["libc6-dev", "linux-libc-dev"])]),

    // The device side
    .target(
      name: "ReplenishCore", dependencies: ["COpenSSL", "CJansson"], swiftSettings: strict,
      linkerSettings: [.linkedLibrary("crypto"), .linkedLibrary("jansson")]),
    .target(
      name: "ReplenishLinux", dependencies: ["ReplenishCore", "COpenSSL", "CCurl", "CLinux"], swiftSettings: strict,
      linkerSettings: [.linkedLibrary("crypto"), .linkedLibrary("curl")]),

    // Tests
    .target(
      name: "ReplenishTestSupport", dependencies: ["ReplenishCore", "ReplenishLinux", "CLinux"], path: "Tests/Support",
      swiftSettings: strict),
    .testTarget(name: "ReplenishCoreTests", dependencies: ["ReplenishCore"], swiftSettings: strict),
    .testTarget(
      name: "ReplenishLinuxTests", dependencies: ["ReplenishLinux", "ReplenishTestSupport", "CLinux"],
      swiftSettings: strict),
  ]
)
