// swift-tools-version:6.1
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let package = Package(
  name: "replenish-cloud",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "OAuthServer", targets: ["OAuthServer"]),
    .library(name: "AmazonEmulator", targets: ["AmazonEmulator"]),
    .executable(name: "amazon-emulator", targets: ["amazon-emulator"]),
    .library(name: "AWSRequests", targets: ["AWSRequests"]),
    .library(name: "LWASecrets", targets: ["LWASecrets"]),
    .library(name: "ReplenishCloud", targets: ["ReplenishCloud"]),
    .executable(name: "replenish-cloud", targets: ["replenish-cloud"]),
    .executable(name: "replenish-connector", targets: ["replenish-connector"]),
  ],
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .target(
      name: "OAuthServer",
      dependencies: [
        "TextEncodings", hummingbird, mustache, crypto, logging,
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      resources: [.embedInCode("Templates")],
      swiftSettings: settings),
    .target(
      name: "AmazonEmulator",
      dependencies: [
        "OAuthServer", "TextEncodings", hummingbird, hummingbirdTLS, crypto, logging,
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      resources: [.embedInCode("Templates")],
      swiftSettings: settings),
    .executableTarget(
      name: "amazon-emulator",
      dependencies: [
        "OAuthServer", "AmazonEmulator", "ServiceProgram", hummingbird, logging, lifecycle,
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .target(
      name: "ServiceProgram",
      dependencies: [logging, lifecycle],
      swiftSettings: settings),
    .target(name: "OwnerOnlyFiles", swiftSettings: settings),
    .target(name: "TextEncodings", swiftSettings: settings),
    .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .target(
      name: "BoundedHTTP",
      dependencies: [
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOFoundationCompat", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: settings),
    .target(
      name: "AWSRequests",
      dependencies: ["BoundedHTTP", "TextEncodings", crypto, .product(name: "NIOHTTP1", package: "swift-nio")],
      swiftSettings: settings),
    .target(
      name: "LWASecrets",
      dependencies: [
        "AWSRequests", "BoundedHTTP", "OwnerOnlyFiles", "TextEncodings", crypto,
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .target(
      name: "ReplenishCloud",
      dependencies: [
        "BoundedHTTP", "LWASecrets", "OAuthServer", "OwnerOnlyFiles", "TextEncodings", "CPostgreSQL", hummingbird,
        hummingbirdTLS, crypto, logging, lifecycle,
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOFoundationCompat", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      resources: [.embedInCode("Templates")],
      swiftSettings: settings),
    .executableTarget(
      name: "replenish-cloud",
      dependencies: [
        "AWSRequests", "BoundedHTTP", "LWASecrets", "OAuthServer", "ReplenishCloud", "ServiceProgram", hummingbird,
        logging, lifecycle,
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "replenish-connector",
      dependencies: [
        "BoundedHTTP", "ServiceProgram", logging,
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    // For `make bench-cloud` only; no products.
    .executableTarget(
      name: "bare-endpoint",
      dependencies: [
        "BoundedHTTP", "ServiceProgram", hummingbird, hummingbirdTLS, logging, lifecycle,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOFoundationCompat", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      path: "Bench/bare-endpoint",
      swiftSettings: settings),
    .executableTarget(
      name: "press-load",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      path: "Bench/press-load",
      swiftSettings: settings),
    // How the tests start programs.
    .systemLibrary(name: "CSpawn", path: "Tests/CSpawn"),
    .target(name: "ChildProcesses", dependencies: ["CSpawn"], path: "Tests/ChildProcesses", swiftSettings: settings),
    .testTarget(
      name: "OAuthServerTests",
      dependencies: ["OAuthServer", "TextEncodings"],
      swiftSettings: settings),
    .testTarget(
      name: "LWASecretsTests",
      dependencies: [
        "LWASecrets", "AWSRequests", "BoundedHTTP", "OwnerOnlyFiles",
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      resources: [.copy("aws-signing-test-suite-v4.json")],
      swiftSettings: settings),
    .testTarget(
      name: "AmazonEmulatorTests",
      dependencies: [
        "AmazonEmulator", "ChildProcesses", "OAuthServer", "TextEncodings", "amazon-emulator", hummingbird,
        hummingbirdTesting, crypto, logging, lifecycle,
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ReplenishCloudTests",
      dependencies: [
        "ReplenishCloud", "ChildProcesses", "OwnerOnlyFiles", "AmazonEmulator", "OAuthServer", "amazon-emulator",
        "replenish-cloud", "replenish-connector", "AWSRequests", "BoundedHTTP", "ServiceProgram", "TextEncodings",
        hummingbird,
        hummingbirdTesting, crypto, logging, lifecycle,
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      swiftSettings: settings),
  ]
)
