import Testing

@testable import ReplenishCore

/// What a phone makes of what its radio hears.
@Suite struct NearbyDeviceTests {
  private let address: [UInt8] = [1, 2, 3, 4, 5, 0x46]

  private func sent(_ name: String = "Kettle", company: UInt16 = 0xFFFF) throws -> SetupAdvertisement {
    SetupAdvertisement(shortID: try #require(ShortID([0x4F, 0x2A, 0x9C])), name: name, companyID: company)
  }

  private func heard(_ data: [UInt8]) -> NearbyDevice? {
    NearbyDevice(address: address, isRandom: true, advertisement: data)
  }

  @Test func readsWhatADeviceSends() throws {
    let sent = try sent()
    let alone = try #require(heard(sent.advertisingData))
    #expect(alone.shortID.text == "4F2A9C" && alone.name.isEmpty && alone.title == "4F2A9C")
    let named = try #require(heard(sent.advertisingData + sent.scanResponse))
    #expect(named.name == "Kettle" && named.title == "Kettle 4F2A9C")
    #expect(named.address == address && named.isRandom)
  }

  @Test func takesAnyMakersNumberAndAShortenedName() throws {
    let long = String(repeating: "ä", count: 20)
    let sent = try sent(long, company: 0x0171)
    let device = try #require(heard(sent.advertisingData + sent.scanResponse))
    #expect(device.shortID.text == "4F2A9C" && device.name == String(long.prefix(14)))
  }

  @Test func passesOverOtherDevices() throws {
    let whole = try sent().advertisingData
    #expect(heard([]) == nil)
    #expect(heard(Array(whole[..<21])) == nil)  // the service without a short id
    #expect(heard(Array(whole[21...])) == nil)  // a short id without the service
    var other = whole
    other[5] ^= 1  // another service
    #expect(heard(other) == nil)
    var later = whole
    later[25] = 2  // another layout of the maker's data
    #expect(heard(later) == nil)
  }

  @Test func readsNothingBeyondItsEnd() throws {
    let whole = try sent().advertisingData
    for count in 0..<whole.count { #expect(heard(Array(whole[..<count])) == nil) }
    #expect(heard([0] + whole) == nil)  // a length of zero ends it
    #expect(heard([200] + whole) == nil)
    #expect(heard(whole + [0, 0, 0]) != nil)  // padding
    #expect(heard(whole + [9, 9, 0x41]) != nil)  // a structure that is cut off
  }

  @Test func makesNamesHarmless() throws {
    let device = try #require(
      heard(try sent("\u{1B}[2JA\u{202E}B\u{9B}\n").advertisingData + sent("\u{1B}[2JA\u{202E}B\u{9B}\n").scanResponse))
    #expect(device.name == "?[2JA?B??")
    let broken = try sent().advertisingData + [3, 9, 0xFF, 0x41]
    #expect(heard(broken)?.name == "\u{FFFD}A")
  }

  @Test func readsTheManagementsEvent() throws {
    let data = try sent().advertisingData
    func event(_ type: UInt8, index: UInt8 = 0, length: Int? = nil, code: UInt8 = 0x12) -> [UInt8] {
      let body = address + [type, 0xC8, 0, 0, 0, 0] + [UInt8(length ?? data.count), 0] + data
      return [code, 0, index, 0, UInt8(body.count), 0] + body
    }
    let device = try #require(NearbyDevice(management: event(2), index: 0))
    #expect(device.address == address && device.isRandom && device.shortID.text == "4F2A9C")
    #expect(NearbyDevice(management: event(1), index: 0)?.isRandom == false)
    #expect(NearbyDevice(management: event(0), index: 0) == nil)  // BR/EDR
    #expect(NearbyDevice(management: event(2, index: 1), index: 0) == nil)
    #expect(NearbyDevice(management: event(2, length: 9), index: 0) == nil)
    #expect(NearbyDevice(management: event(2, code: 0x13), index: 0) == nil)
    let whole = event(2)
    for count in 0..<whole.count { #expect(NearbyDevice(management: Array(whole[..<count]), index: 0) == nil) }
  }
}
