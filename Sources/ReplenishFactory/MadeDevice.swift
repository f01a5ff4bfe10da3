import ReplenishCore
import ReplenishHost

/// One device as the factory makes it: what the device keeps, and what its label says.
public struct MadeDevice {
  /// The record for the device. The setup code cannot be read from it, only guessed at.
  public let credential: SetupCredential
  /// The label for its owner.
  public let label: DeviceLabel

  /// The iterations of PBKDF2 unless told otherwise.
  public static let usualIterations = 100_000

  /// Draws a setup code, salt and short id, and derives the record.
  ///
  /// - Parameters:
  ///   - entry: the serial and the model.
  ///   - iterations: of PBKDF2, 10 000–1 000 000.
  ///   - random: where codes and salts come from.
  ///   - isTaken: whether a short id belongs to another device of this run already.
  public init(
    _ entry: DeviceList.Entry, iterations: Int = MadeDevice.usualIterations, random: any RandomSource,
    isTaken: (ShortID) -> Bool = { _ in false }
  ) throws(FactoryFault) {
    guard let code = SetupCode(random: random), let salt = random.bytes(count: MadeDevice.saltLength),
      let shortID = MadeDevice.drawShortID(random, isTaken)
    else { throw .noRandomness }
    do throws(SetupCredential.Fault) {
      credential = try SetupCredential(code: code, shortID: shortID, salt: salt, iterations: iterations)
    } catch {
      throw .record(error)
    }
    do throws(QRSymbol.TooLong) {
      let payload = LabelPayload(shortID: shortID, code: code, model: entry.model)
      label = try DeviceLabel(serial: entry.serial, payload: payload)
    } catch {
      throw .noSymbol(entry.serial)
    }
  }

  private static let saltLength = 16

  /// A short id that no other device of the run has.
  ///
  /// With the most devices that one run makes, fewer than 1 in 100 draws is taken: 32 in a row mean a broken source.
  private static func drawShortID(_ random: any RandomSource, _ isTaken: (ShortID) -> Bool) -> ShortID? {
    for _ in 0..<32 {
      guard let drawn = ShortID(random: random) else { return nil }
      if !isTaken(drawn) { return drawn }
    }
    return nil
  }
}

/// Why a device could not be made.
public enum FactoryFault: Error, Equatable {
  /// The machine gives no random numbers.
  case noRandomness
  /// The record could not be derived.
  case record(SetupCredential.Fault)
  /// The label's payload does not fit a QR code, or there is no memory for one.
  case noSymbol(SerialNumber)

  /// What is wrong and what to do, for a person.
  public var text: String {
    switch self {
    case .noRandomness: "this machine gives no random numbers; nothing was made. Use another one."
    case .record(let fault): "\(fault.text) Nothing was made."
    case .noSymbol(let serial): "no QR code could be made for serial \(serial.text); nothing was made."
    }
  }
}
