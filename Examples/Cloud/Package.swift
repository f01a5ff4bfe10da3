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
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioFoundationCompat = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let swiftASN1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")

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
      dependencies: ["TextEncodings", hummingbird, mustache, crypto, logging, httpTypes, nioCore],
      resources: [.embedInCode("Templates")],
      swiftSettings: settings),
    .target(
      name: "AmazonEmulator",
      dependencies: [
        "OAuthServer", "TextEncodings", hummingbird, hummingbirdTLS, crypto, logging, hummingbirdCore,
        asyncHTTPClient, cryptoExtras, httpTypes, nioCore, nioHTTP1,
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"), nioSSL, swiftASN1, x509,
      ],
      resources: [.embedInCode("Templates")],
      swiftSettings: settings),
    .executableTarget(
      name: "amazon-emulator",
      dependencies: [
        "OAuthServer", "AmazonEmulator", "ServiceProgram", hummingbird, logging, lifecycle, nioCore, unixSignals,
        argumentParser,
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
      dependencies: [asyncHTTPClient, nioCore, nioFoundationCompat, nioHTTP1, nioSSL],
      swiftSettings: settings),
    .target(
      name: "AWSRequests",
      dependencies: ["BoundedHTTP", "TextEncodings", crypto, nioHTTP1],
      swiftSettings: settings),
    .target(
      name: "LWASecrets",
      dependencies: ["AWSRequests", "BoundedHTTP", "OwnerOnlyFiles", "TextEncodings", crypto, nioHTTP1],
      swiftSettings: settings),
    .target(
      name: "ReplenishCloud",
      dependencies: [
        "BoundedHTTP", "LWASecrets", "OAuthServer", "OwnerOnlyFiles", "TextEncodings", "CPostgreSQL", hummingbird,
        hummingbirdTLS, crypto, logging, lifecycle, hummingbirdCore, cryptoExtras, grdb, httpTypes, nioCore, nioPosix,
        nioHTTP1, nioFoundationCompat, nioSSL, swiftASN1, x509,
      ],
      resources: [.embedInCode("Templates")],
      swiftSettings: settings),
    .executableTarget(
      name: "replenish-cloud",
      dependencies: [
        "AWSRequests", "BoundedHTTP", "LWASecrets", "OAuthServer", "ReplenishCloud", "ServiceProgram", hummingbird,
        logging, lifecycle, nioCore, nioSSL, unixSignals, argumentParser,
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "replenish-connector",
      dependencies: ["BoundedHTTP", "ServiceProgram", logging, asyncHTTPClient, nioCore, nioHTTP1, argumentParser],
      swiftSettings: settings),
    // For `make bench-cloud` only; no products.
    .executableTarget(
      name: "bare-endpoint",
      dependencies: [
        "BoundedHTTP", "ServiceProgram", hummingbird, hummingbirdTLS, logging, lifecycle, argumentParser,
        asyncHTTPClient, grdb, httpTypes, hummingbirdCore, nioCore, nioFoundationCompat, nioHTTP1, nioSSL,
        unixSignals,
      ],
      path: "Bench/bare-endpoint",
      swiftSettings: settings),
    .executableTarget(
      name: "press-load",
      dependencies: ["TextEncodings", argumentParser, nioCore, nioHTTP1, nioPosix, nioSSL],
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
      dependencies: ["LWASecrets", "AWSRequests", "BoundedHTTP", "OwnerOnlyFiles", nioHTTP1],
      resources: [.copy("aws-signing-test-suite-v4.json")],
      swiftSettings: settings),
    .testTarget(
      name: "AmazonEmulatorTests",
      dependencies: [
        "AmazonEmulator", "ChildProcesses", "OAuthServer", "TextEncodings", "amazon-emulator", hummingbird,
        hummingbirdTesting, crypto, logging, lifecycle, cryptoExtras, httpTypes, nioCore, nioSSL, swiftASN1, x509,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ReplenishCloudTests",
      dependencies: [
        "ReplenishCloud", "ChildProcesses", "OwnerOnlyFiles", "AmazonEmulator", "OAuthServer", "amazon-emulator",
        "replenish-cloud", "replenish-connector", "AWSRequests", "BoundedHTTP", "ServiceProgram", "TextEncodings",
        hummingbird, hummingbirdTesting, crypto, logging, lifecycle, cryptoExtras, asyncHTTPClient, grdb, httpTypes,
        nioCore, nioHTTP1, nioPosix, nioSSL, swiftASN1, x509,
      ],
      swiftSettings: settings),
  ]
)
