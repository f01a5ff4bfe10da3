import Testing

@testable import ReplenishCore

@Suite struct SetupAdvertisementTests {
  private func advertisement(_ name: String) throws -> SetupAdvertisement {
    SetupAdvertisement(shortID: try #require(ShortID([0x4F, 0x2A, 0x9C])), name: name, companyID: 0x1234)
  }

  @Test func fits31Bytes() throws {
    let data = try advertisement("Replenish").advertisingData
    #expect(
      data.hex == "020106" + "1107" + "c0a8f4155d426d92814790e90100b2e0" + "07ff3412" + "014f2a9c")
    #expect(data.count <= 31)
  }

  @Test func carriesTheNameInTheScanResponse() throws {
    #expect(try advertisement("Replenish").scanResponse == [10, 0x09] + Array("Replenish".utf8))
    #expect(try advertisement("").scanResponse == [1, 0x09])
  }

  @Test func cutsALongNameBetweenCharacters() throws {
    let long = try advertisement(String(repeating: "a", count: 28) + "é").scanResponse
    #expect(long == [29, 0x08] + [UInt8](repeating: 0x61, count: 28))
    let exact = try advertisement(String(repeating: "a", count: 29)).scanResponse
    #expect(exact == [30, 0x09] + [UInt8](repeating: 0x61, count: 29))
  }

  @Test func writesTheShortIDAsOnTheLabel() throws {
    #expect(try #require(ShortID([0x4F, 0x2A, 0x9C])).text == "4F2A9C")
    #expect(ShortID([1, 2]) == nil)
  }
}
