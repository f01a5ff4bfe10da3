import ReplenishCore

/// The devices that a factory run is for.
public struct DeviceList {
  /// One device.
  public struct Entry: Equatable {
    /// The serial number.
    public let serial: SerialNumber
    /// The model id.
    public let model: ModelID

    /// Names a device.
    public init(serial: SerialNumber, model: ModelID) {
      self.serial = serial
      self.model = model
    }

    /// Checks the names of a device; every mistake in them is found.
    init(serial: String, model: String) throws(Mistakes) {
      var texts: [String] = []
      var checked: (serial: SerialNumber?, model: ModelID?)
      do throws(IdentityFault) {
        checked.serial = try SerialNumber(serial)
      } catch {
        texts.append("the serial \(error.explanation); a serial is 1-50 of A-Z a-z 0-9")
      }
      do throws(IdentityFault) {
        checked.model = try ModelID(model)
      } catch {
        texts.append("the model \(error.explanation); a model id is 1-63 of A-Z a-z 0-9 + _ -")
      }
      guard let serial = checked.serial, let model = checked.model else { throw Mistakes(texts: texts) }
      self.init(serial: serial, model: model)
    }
  }

  /// All that is wrong with a list; one sentence each, with its line.
  public struct Mistakes: Error, Equatable {
    /// The sentences, in the order of the lines.
    public let texts: [String]
  }

  /// The most devices of one run.
  public static let most = 100_000

  /// The devices, in the order of the list.
  public let entries: [Entry]

  /// A list of one device.
  public init(serial: String, model: String) throws(Mistakes) {
    entries = [try Entry(serial: serial, model: model)]
  }

  /// Reads a CSV file: `serial`, or `serial,model`, one device a line; a first line of those words is a heading.
  ///
  /// `model` stands where a line names none. Every mistake is found before any device is made.
  public init(csv bytes: [UInt8], file: String, model: String?) throws(Mistakes) {
    let table: CSVTable
    do throws(CSVTable.ParseFailure) {
      table = try CSVTable(parsing: bytes)
    } catch {
      throw Mistakes(texts: ["\(file):\(error.line): \(error.text)"])
    }
    let rows = table.rows.first?.fields.first?.lowercased() == "serial" ? table.rows.dropFirst() : table.rows[...]
    var entries: [Entry] = []
    var mistakes: [String] = []
    var lineOfSerial: [String: Int] = [:]
    for row in rows {
      let place = "\(file):\(row.line)"
      guard row.fields.count <= 2 else {
        mistakes.append("\(place): \(row.fields.count) fields, but a line is serial or serial,model")
        continue
      }
      let named = row.fields.count == 2 && !row.fields[1].isEmpty ? row.fields[1] : nil
      guard let model = named ?? model else {
        mistakes.append("\(place): no model; add one after the serial, or give --model for all lines without one")
        continue
      }
      let serial = row.fields[0]
      if let earlier = lineOfSerial.updateValue(row.line, forKey: serial) {
        mistakes.append("\(place): serial \(serial) stands on line \(earlier) as well; each device has its own")
      }
      do throws(Mistakes) {
        entries.append(try Entry(serial: serial, model: model))
      } catch {
        mistakes += error.texts.map { "\(place): \($0)" }
      }
    }
    if entries.isEmpty, mistakes.isEmpty { mistakes.append("\(file): no device in it; write one serial a line") }
    if entries.count > DeviceList.most {
      mistakes.append("\(file): \(entries.count) devices, but one run makes at most \(DeviceList.most); split the file")
    }
    guard mistakes.isEmpty else { throw Mistakes(texts: mistakes) }
    self.entries = entries
  }
}
