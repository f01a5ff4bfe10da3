import Glibc
import ReplenishCore
import ReplenishFactory
import ReplenishHost

let options = [
  CommandLineOption("out", letter: "o", argument: "FOLDER", "the folder to make; it must not be there yet"),
  CommandLineOption("serial", letter: "s", argument: "SERIAL", "make one device: its serial, 1-50 of A-Z a-z 0-9"),
  CommandLineOption(
    "csv", letter: "c", argument: "FILE",
    "make many: a file with a line for each, serial or serial,model;\n- reads the standard input"),
  CommandLineOption(
    "model", letter: "m", argument: "MODEL",
    "the model id, 1-63 of A-Z a-z 0-9 + _ -; with --csv, for the lines that name none"),
  CommandLineOption("labels", letter: "l", argument: "LIST", "which labels to draw, from text,png,svg; all by default"),
  CommandLineOption(
    "iterations", argument: "NUMBER",
    "iterations of PBKDF2 that each guess at a code costs a thief of the record,\n10000-1000000; "
      + "\(MadeDevice.usualIterations) by default"),
  CommandLineOption(
    "cloud", argument: "ADDRESS",
    "the devices enter the maker's cloud there, https://host: adds claim codes,\ncertificates and cloud.csv"),
  CommandLineOption("requests", argument: "FOLDER", "with --cloud: the devices' certificate requests, SERIAL.csr"),
  CommandLineOption("ca", argument: "FILE", "with --cloud: the certificate of the maker's authority, PEM"),
  CommandLineOption(
    "ca-key", argument: "FILE", "with --cloud: its private key, PEM; - reads the standard input"),
  CommandLineOption("show", "print each label to the terminal as well"),
  CommandLineOption("help", letter: "h", "print this and end"),
]

let help = """
  Usage: replenish-factory --out FOLDER --model MODEL --serial SERIAL
         replenish-factory --out FOLDER [--model MODEL] --csv FILE

  Makes what a device needs before it leaves the factory: a setup code for its label, and the record by which the
  device checks that code without knowing it. For each device FOLDER gets

    records/SERIAL.setup             for the device; the setup code is not in it
    labels/SERIAL.txt, .png, .svg    for the printer: text, the QR code, a label of 62 mm x 29 mm
    devices.csv                      one line for each device: serial,model,setup_code,short_id,record

  With --cloud, for devices that a cloud of the maker manages, also

    certificates/SERIAL.pem               for the device: its key's certificate, which ends at no time
    labels/SERIAL-claim.txt, .png, .svg   for the printer: claim code and the page where it is used
    cloud.csv                             for replenish-cloud device import; no secret in it

  Keep devices.csv and labels/ as you keep keys: whoever has a setup code can link that device.

  Options:
  \(CommandLineOptions.describe(options))
  Exit codes: 0 made; 1 nothing could be made; 2 the command line or the list is wrong. On 1 and 2 nothing is left.
  """

func end(_ code: Int32, _ texts: [String]) -> Never {
  for text in texts { StandardStream.error.say("replenish-factory: \(text)") }
  exit(code)
}

func readList(_ given: CommandLineOptions) throws -> DeviceList {
  switch (given["serial"], given["csv"]) {
  case (let serial?, nil):
    guard let model = given["model"] else { throw UsageError("--serial needs --model as well; see --help") }
    return try DeviceList(serial: serial, model: model)
  case (nil, let file?):
    let contents = try SecretFile.read(file, limit: 64 << 20)
    return try DeviceList(csv: contents.withBytes { Array($0) }, file: file, model: given["model"])
  default:
    throw UsageError("give either --serial, for one device, or --csv, for many; see --help")
  }
}

func readFormats(_ given: CommandLineOptions) throws(UsageError) -> [DeviceFolder.LabelFormat] {
  guard let list = given["labels"] else { return DeviceFolder.LabelFormat.allCases }
  var formats: [DeviceFolder.LabelFormat] = []
  for name in list.split(separator: ",") {
    guard let format = DeviceFolder.LabelFormat(rawValue: String(name)) else {
      throw UsageError("--labels knows text, png and svg, but not \(name)")
    }
    if !formats.contains(format) { formats.append(format) }
  }
  return formats
}

func readCloud(_ given: CommandLineOptions) throws -> CloudEnrollment? {
  guard let address = given["cloud"] else {
    if let alone = ["requests", "ca", "ca-key"].first(where: { given.has($0) }) {
      throw UsageError("--\(alone) belongs to --cloud; see --help")
    }
    return nil
  }
  func needed(_ part: String) throws(UsageError) -> String {
    guard let value = given[part] else { throw UsageError("--cloud needs --\(part) as well") }
    return value
  }
  let (requests, certificate, key) = (try needed("requests"), try needed("ca"), try needed("ca-key"))
  guard key != "-" || given["csv"] != "-" else {
    throw UsageError("--csv - and --ca-key - cannot both read the standard input; give one of them a file")
  }
  let place: CloudAddress
  do { place = try CloudAddress(address) } catch { throw UsageError("--cloud \(address): \(error.explanation)") }
  let authority = try DeviceAuthority(
    certificate: try SecretFile.read(certificate, limit: 65536), key: try SecretFile.read(key, limit: 65536),
    certificateFile: certificate, keyFile: key)
  if authority.isShortLived {
    StandardStream.error.say("replenish-factory: \(certificate) ends within twenty years; its devices are refused then")
  }
  return CloudEnrollment(address: place, requests: requests, authority: authority)
}

do {
  let given = try CommandLineOptions(CommandLine.arguments, options: options)
  if given.has("help") {
    StandardStream.output.say(help)
    exit(0)
  }
  if let operand = given.operands.first { throw UsageError("\(operand) belongs to no option; see --help") }
  guard let folder = given["out"] else { throw UsageError("--out is needed: the folder to make; see --help") }
  var run = FactoryRun()
  run.formats = try readFormats(given)
  if let iterations = try given.number("iterations", in: 10_000...1_000_000) { run.iterations = iterations }
  run.cloud = try readCloud(given)
  let list = try readList(given)

  var count = 0
  try run.make(list, into: folder, random: HostRandom()) { device in
    count += 1
    if given.has("show") { StandardStream.output.show(device.label.drawText()) }
    if count % 100 == 0 { StandardStream.error.say("\(count) of \(list.entries.count)") }
  }
  let made = count == 1 ? "1 device" : "\(count) devices"
  let further = run.cloud == nil ? "" : ", certificates/ for the devices, cloud.csv for the cloud"
  StandardStream.output.say("Made \(made) in \(folder): records/ for the devices, labels/ for the printer\(further).")
} catch let error as UsageError {
  end(2, [error.text])
} catch let mistakes as DeviceList.Mistakes {
  end(2, mistakes.texts)
} catch let fault as CertificateFault {
  end(2, [fault.text])
} catch let failure as SecretFile.Failure {
  end(2, [failure.text])
} catch let failure as FactoryRun.Failure {
  end(1, [failure.text])
}
