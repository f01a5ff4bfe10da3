import Foundation
import ReplenishCore
import ReplenishHost
import Testing

@testable import ReplenishFactory

/// Devices that enter the maker's cloud, made by the program; certificates are checked with OpenSSL's own.
@Suite struct CloudEnrollmentTests {
  private let folder = FactoryTool.newFolder()

  /// Runs openssl in the folder; its output.
  @discardableResult
  private func openssl(_ arguments: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = Pipe()
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "openssl \(arguments)")
    return text
  }

  private let curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256"

  /// Makes an authority and the requests of devices.
  private func prepare(_ serials: [String], days: Int = 36500) throws {
    try FileManager.default.createDirectory(atPath: folder + "/requests", withIntermediateDirectories: true)
    try openssl(
      "req -x509 \(curve) -nodes -days \(days) -subj /CN=Maker -addext keyUsage=critical,keyCertSign"
        + " -keyout maker.key -out maker.pem")
    for serial in serials {
      try openssl("req -new \(curve) -nodes -subj /CN=liar -keyout \(serial).key -out requests/\(serial).csr")
    }
  }

  private func make(
    _ serials: [String], cloud: String = "https://cloud.example.com/", replacing: [String: String] = [:],
    input: String? = nil
  ) throws -> (status: Int32, output: String) {
    var options = [
      "out": folder + "/made", "model": "Brewer-3", "csv": folder + "/list", "iterations": "10000", "cloud": cloud,
      "requests": folder + "/requests", "ca": folder + "/maker.pem", "ca-key": folder + "/maker.key",
    ]
    options.merge(replacing) { $1 }
    try serials.joined(separator: "\n").write(toFile: folder + "/list", atomically: false, encoding: .utf8)
    return try FactoryTool.run(
      options.filter { $0.value != "" }.flatMap { ["--\($0.key)", $0.value] }, input: input ?? "")
  }

  private func made(_ file: String) throws -> String {
    try String(contentsOfFile: "\(folder)/made/\(file)", encoding: .utf8)
  }

  private func remove() { try? FileManager.default.removeItem(atPath: folder) }

  @Test func signsWhatADeviceAsksForItself() throws {
    defer { remove() }
    try prepare([])
    let key = try #require(DeviceKey())
    let request = try #require(key.certificateRequest(serial: try SerialNumber("A1")))
    try request.write(toFile: folder + "/requests/A1.csr", atomically: false, encoding: .utf8)
    let pem = try #require(key.pem()).withBytes { String(decoding: $0, as: UTF8.self) }
    try pem.write(toFile: folder + "/A1.key", atomically: false, encoding: .utf8)
    #expect(try openssl("req -in requests/A1.csr -noout -subject -nameopt RFC2253") == "subject=CN=A1\n")
    let run = try make(["A1"])
    #expect(run.status == 0, "\(run.output)")
    let certificate = "made/certificates/A1.pem"
    #expect(try openssl("verify -CAfile maker.pem -purpose sslclient \(certificate)").contains("OK"))
    #expect(try openssl("x509 -in \(certificate) -noout -pubkey") == openssl("pkey -in A1.key -pubout"))
  }

  @Test func certificatesAreForTheDevicesKeysAndEndAtNoTime() throws {
    defer { remove() }
    try prepare(["A1", "A2"])
    let run = try make(["A1", "A2"])
    #expect(run.status == 0, "\(run.output)")
    for serial in ["A1", "A2"] {
      let certificate = "made/certificates/\(serial).pem"
      #expect(try openssl("verify -CAfile maker.pem -purpose sslclient \(certificate)").contains("OK"))
      #expect(
        try openssl("x509 -in \(certificate) -noout -pubkey") == openssl("pkey -in \(serial).key -pubout"))
      #expect(try openssl("x509 -in \(certificate) -noout -enddate") == "notAfter=Dec 31 23:59:59 9999 GMT\n")
      #expect(
        try openssl("x509 -in \(certificate) -noout -startdate") == openssl("x509 -in maker.pem -noout -startdate"))
      let text = try openssl("x509 -in \(certificate) -noout -text")
      for part in ["CA:FALSE", "Digital Signature\n", "TLS Web Client Authentication\n", "CN = \(serial)\n"] {
        #expect(text.contains(part), "\(part)")
      }
      // What the request wished to be called has no say.
      #expect(!text.contains("liar"))
    }
    let numbers = try Set(["A1", "A2"].map { try openssl("x509 -in made/certificates/\($0).pem -noout -serial") })
    #expect(numbers.count == 2)
  }

  @Test func theCloudsListHasDigestsOnly() throws {
    defer { remove() }
    try prepare(["A1", "A2"])
    #expect(try make(["A1", "A2"]).status == 0)
    let table = try CSVTable(parsing: Array(made("cloud.csv").utf8))
    #expect(table.rows.first?.fields == ["model", "serial", "claim_code_sha256", "public_key_sha256"])
    #expect(table.rows.count == 3)
    for (row, serial) in zip(table.rows.dropFirst(), ["A1", "A2"]) {
      let label = try made("labels/\(serial)-claim.txt")
      let code = try #require(label.firstMatch(of: /Claim code  ([0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3})\n/))
        .1
      #expect(label.hasSuffix("\nhttps://cloud.example.com/claim?serial=\(serial)&code=\(code)\n"))
      #expect(try !made("cloud.csv").contains(code))
      try openssl("pkey -in \(serial).key -pubout -outform DER -out key.der")
      let key = try Array(Data(contentsOf: URL(fileURLWithPath: folder + "/key.der")))
      #expect(
        row.fields == [
          "Brewer-3", serial, Hex.encode(SHA256.digest(Array(code.filter { $0 != "-" }.utf8))),
          Hex.encode(SHA256.digest(key)),
        ])
    }
  }

  @Test func claimCodesAreDrawnFromAllOfTheAlphabet() throws {
    final class Counting: RandomSource {
      var next: UInt8 = 0
      func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
        for index in bytes.indices {
          bytes[index] = next
          next &+= 37
        }
        return true
      }
    }
    // Ten bytes 00 25 4A 6F 94 B9 DE 03 28 4D are, five bits at a time, by hand:
    // 00000 00000 10010 10100 10100 11011 11100 10100 10111 00111 01111 00000 00110 01010 00010 01101
    let code = try #require(ClaimCode(random: Counting()))
    #expect(code.label.withBytes { String(decoding: $0, as: UTF8.self) } == "00JM-MVWM-Q7F0-6A2D")
    #expect(code.digest == SHA256.digest(Array("00JMMVWMQ7F06A2D".utf8)))
  }

  @Test(arguments: [
    ("", "A2.csr: cannot open"), ("hello", "A2.csr is no certificate request"),
    ("other curve", "A2.csr holds no EC key on P-256"), ("compressed", "A2.csr holds no EC key on P-256, uncompressed"),
    ("forged", "A2.csr is not signed by its own key"), ("same key", "A2.csr has the same key as"),
  ])
  func leavesNothingAfterABadRequest(request: String, explanation: String) throws {
    defer { remove() }
    try prepare(["A1"])
    let file = folder + "/requests/A2.csr"
    switch request {
    case "": break
    case "other curve":
      try openssl("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -subj / -keyout 2.key -out \(file)")
    case "compressed":
      try openssl("ecparam -name prime256v1 -genkey -noout -conv_form compressed -out 2.key")
      try openssl("ec -in 2.key -conv_form compressed -out 3.key")
      try openssl("req -new -key 3.key -subj / -out \(file)")
    case "forged":
      try openssl("req -in requests/A1.csr -outform DER -out 1.der")
      var bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/1.der"))
      bytes[bytes.count - 1] ^= 1
      let text = bytes.base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
      try "-----BEGIN CERTIFICATE REQUEST-----\n\(text)\n-----END CERTIFICATE REQUEST-----\n".write(
        toFile: file, atomically: false, encoding: .utf8)
    case "same key": try FileManager.default.copyItem(atPath: folder + "/requests/A1.csr", toPath: file)
    default: try request.write(toFile: file, atomically: false, encoding: .utf8)
    }
    let run = try make(["A1", "A2"])
    #expect(run.status == 2)
    #expect(run.output.contains(explanation), "\(run.output)")
    #expect(!FileManager.default.fileExists(atPath: folder + "/made"))
    #expect(!FileManager.default.fileExists(atPath: folder + "/made.unfinished"))
  }

  @Test func refusesAnAuthorityThatCannotSign() throws {
    defer { remove() }
    try prepare(["A1"])
    try openssl("req -x509 \(curve) -nodes -subj /CN=Other -keyout other.key -out other.pem")
    try openssl("req -x509 \(curve) -nodes -subj /CN=Leaf -addext basicConstraints=CA:FALSE -keyout l.key -out l.pem")
    try openssl("pkey -in maker.key -aes128 -passout pass:word -out locked.key")
    for (options, explanation) in [
      (["ca-key": folder + "/other.key"], "other.key is not the key of"),
      (["ca": folder + "/l.pem", "ca-key": folder + "/l.key"], "is not a certificate authority's"),
      (["ca": folder + "/maker.key"], "maker.key is no certificate in PEM"),
      (["ca-key": folder + "/maker.pem"], "maker.pem is no private key in PEM"),
      (["ca-key": folder + "/locked.key"], "is under a pass phrase"),
    ] {
      let run = try make(["A1"], replacing: options)
      #expect(run.status == 2)
      #expect(run.output.contains(explanation), "\(run.output)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder + "/made"))
  }

  @Test func theAuthoritysKeyMayComeThroughAPipe() throws {
    defer { remove() }
    try prepare(["A1"], days: 3650)
    let key = try String(contentsOfFile: folder + "/maker.key", encoding: .utf8)
    let run = try make(["A1"], replacing: ["ca-key": "-"], input: key)
    #expect(run.status == 0, "\(run.output)")
    #expect(run.output.contains("maker.pem ends within twenty years"))
  }

  @Test(arguments: [
    (["cloud": ""], "belongs to --cloud"), (["ca": ""], "--cloud needs --ca as well"),
    (["cloud": "http://cloud.example.com"], "must begin with https://"),
    (["cloud": "https://cloud.example.com?x"], "no user name (@), query"),
    (["csv": "-", "ca-key": "-"], "cannot both read the standard input"),
  ])
  func explainsAWrongCommandLine(options: [String: String], explanation: String) throws {
    defer { remove() }
    try prepare(["A1"])
    let run = try make(["A1"], replacing: options)
    #expect(run.status == 2)
    #expect(run.output.contains(explanation), "\(run.output)")
  }

  @Test func theAddressMayBeThisMachines() throws {
    #expect(try CloudAddress("http://localhost:8080/").text == "http://localhost:8080")
    #expect(try CloudAddress("https://cloud.example.com/maker/").text == "https://cloud.example.com/maker")
    #expect(throws: ServiceURLFault.self) { try CloudAddress("http://localhost.example.com") }
  }
}
