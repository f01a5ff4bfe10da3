import CLinux
import Foundation
import ReplenishCore
import Testing

@testable import ReplenishLinux

@Suite struct SerialSourceTests {
  @Test func takesTheFirstSourceAndNamesIt() throws {
    let folder = try TemporaryFolder()
    try folder.write("proc/device-tree/serial-number", "10000000abcdef12\0")
    try folder.write("sys/class/dmi/id/product_serial", "DMI1\n")
    try folder.write("serial", "  SN-7\r\n")
    let file = SerialSource.file(folder.path + "/serial")
    let first = SerialSource.find([file] + SerialSource.boards, root: folder.path)
    #expect(first?.bytes == Array("SN-7".utf8))
    #expect(first?.source == "file (\(folder.path)/serial)")
    let tree = SerialSource.find([.file(folder.path + "/none")] + SerialSource.boards, root: folder.path)
    #expect(tree?.bytes == Array("10000000abcdef12".utf8))
    #expect(tree?.source == "device tree (\(folder.path)/proc/device-tree/serial-number)")
    #expect(SerialSource.find([.dmi], root: folder.path)?.source.hasPrefix("DMI (") == true)
  }

  @Test func passesOverWhatIsEmptyOrFarTooLong() throws {
    let folder = try TemporaryFolder()
    try folder.write("empty", "\0\n ")
    try folder.write("long", String(repeating: "9", count: 300))
    let sources = ["empty", "long", "none"].map { SerialSource.file(folder.path + "/" + $0) }
    #expect(SerialSource.find(sources) == nil)
  }

  @Test func readsSmallFilesOnly() throws {
    let folder = try TemporaryFolder()
    try folder.write("a", "12345")
    #expect(try SmallFile.read(folder.path + "/a", limit: 5) == Array("12345".utf8))
    #expect(throws: Errno(EFBIG)) { try SmallFile.read(folder.path + "/a", limit: 4) }
    #expect(throws: Errno(ENOENT)) { try SmallFile.read(folder.path + "/b", limit: 4) }
  }
}

@Suite struct SystemClockTests {
  @Test func uptimeDoesNotGoBack() {
    let first = SystemClock.now()
    let second = SystemClock.now()
    #expect(second.uptime >= first.uptime && second.clock >= first.clock)
    #expect(first.uptime > 0)
  }

  @Test func aBootHasAName() throws {
    #expect(SystemClock.bootIdentity() == SystemClock.bootIdentity())
    #expect(SystemClock.bootIdentity().bytes.count == 36)
    #expect(SystemClock.bootIdentity(at: "/none").bytes.isEmpty)
  }

  @Test func randomBytesDiffer() throws {
    let random = SystemRandom()
    let first = try #require(random.bytes(count: 32))
    #expect(first != random.bytes(count: 32))
    #expect(Set(first).count > 4)
  }
}

@Suite(.serialized) struct ServiceNotifierTests {
  private func received(_ socket: Int32) -> [String] {
    var texts: [String] = []
    var bytes = [UInt8](repeating: 0, count: 256)
    while true {
      let count = replenish_receive(socket, &bytes, bytes.count)
      if count < 0 { return texts }
      texts.append(String(decoding: bytes[..<count], as: UTF8.self))
    }
  }

  /// Binds a datagram socket; a path that begins with a zero byte is abstract.
  private func manager(_ path: [UInt8]) throws -> Int32 {
    let socket = replenish_socket(replenish_datagram())
    var address = sockaddr_un()
    let length = replenish_address(&address, path, path.count)
    try #require(replenish_bind(socket, &address, path.first == 0 ? length - 1 : length) == 0)
    return socket
  }

  private func environment(_ values: [String: String], _ body: () throws -> Void) rethrows {
    for (name, value) in values { setenv(name, value, 1) }
    defer { for name in values.keys { unsetenv(name) } }
    try body()
  }

  @Test(arguments: [false, true]) func tellsTheManager(isAbstract: Bool) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/notify"
    let socket = try manager(isAbstract ? [0] + Array(path.utf8) : Array(path.utf8))
    defer { _ = close(socket) }
    environment(["NOTIFY_SOCKET": (isAbstract ? "@" : "") + path, "WATCHDOG_USEC": "1800000000"]) {
      let notifier = ServiceNotifier()
      #expect(notifier.watchdogMilliseconds == 900_000)
      notifier.ready()
      notifier.status("linked")
      notifier.status("linked")
      notifier.status("two\nlines")
      notifier.watchdog()
      notifier.stopping()
      #expect(received(socket) == ["READY=1", "STATUS=linked", "STATUS=two lines", "WATCHDOG=1", "STOPPING=1"])
      notifier.close()
    }
  }

  @Test func saysNothingWithoutAManager() {
    let notifier = ServiceNotifier()
    #expect(notifier.watchdogMilliseconds == nil)
    notifier.ready()
    notifier.close()
  }

  @Test func anotherProcessesWatchdogIsNotOurs() {
    environment(["WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"]) {
      #expect(ServiceNotifier().watchdogMilliseconds == nil)
    }
    environment(["WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "\(getpid())"]) {
      #expect(ServiceNotifier().watchdogMilliseconds == 500)
    }
    environment(["WATCHDOG_USEC": "99999999999999999999999"]) {
      #expect(ServiceNotifier().watchdogMilliseconds == nil)
    }
  }
}

@Suite struct InputTests {
  private func event(id: UInt32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: MemoryLayout<gpio_v2_line_event>.size)
    bytes.withUnsafeMutableBytes { memory in
      let event = gpio_v2_line_event(
        timestamp_ns: 123, id: id, offset: 17, seqno: 1, line_seqno: 1, padding: (0, 0, 0, 0, 0, 0))
      memory.storeBytes(of: event, as: gpio_v2_line_event.self)
    }
    return bytes
  }

  @Test func readsEdgesAsTheKernelWritesThem() {
    #expect(MemoryLayout<gpio_v2_line_event>.size == GPIOEdge.length)
    let rising = event(id: GPIO_V2_LINE_EVENT_RISING_EDGE.rawValue)
    let falling = event(id: GPIO_V2_LINE_EVENT_FALLING_EDGE.rawValue)
    let bytes = rising + falling + event(id: 9) + rising.dropLast()
    #expect(bytes.withUnsafeBytes { GPIOEdge.decode($0) } == [true, false])
  }

  @Test func aKeyTellsChangesOnly() {
    var key = EventDeviceKey(code: 28, isDown: false)
    #expect(key.take(type: 1, code: 28, value: 1) == true)
    #expect(key.take(type: 1, code: 28, value: 2) == nil)
    #expect(key.take(type: 1, code: 29, value: 0) == nil)
    #expect(key.take(type: 0, code: 0, value: 0) == nil)
    #expect(key.take(type: 1, code: 28, value: 0) == false)
    #expect(key.take(type: 1, code: 28, value: 0) == nil)
    #expect(!key.mustAsk)
    #expect(key.take(type: 0, code: 3, value: 0) == nil)
    #expect(key.mustAsk)
    #expect(key.set(true) == true)
    #expect(key.set(true) == nil)
  }

  @Test func readsKeyEventsFromADevice() throws {
    let folder = try TemporaryFolder()
    let loop = try EventLoop()
    defer { loop.close() }
    // A FIFO stands for the device: same reads, and no state to ask for.
    let path = folder.path + "/event0"
    try #require(mkfifo(path, 0o600) == 0)
    let button = try EventDeviceButton(loop: loop, device: path, key: 28)
    defer { button.close() }
    let writer = replenish_open_device(path, 1)
    defer { _ = close(writer) }
    var changes: [Bool] = []
    button.onChange = { changes.append($0) }
    var down = input_event()
    down.type = 1
    down.code = 28
    down.value = 1
    var up = down
    up.value = 0
    for var event in [down, input_event(), up, input_event()] {
      #expect(write(writer, &event, MemoryLayout<input_event>.size) == MemoryLayout<input_event>.size)
    }
    for _ in 0..<100 where changes.count < 2 { try loop.dispatch(timeout: 10) }
    #expect(changes == [true, false])
  }

  @Test func saysWhichDeviceIsMissing() throws {
    let loop = try EventLoop()
    defer { loop.close() }
    let chip = #expect(throws: InputError.self) { try GPIOButton(loop: loop, chip: "/dev/none", line: 17) }
    #expect(chip?.text.hasPrefix("/dev/none: ") == true)
    // Not a chip: the request itself is refused.
    let other = #expect(throws: InputError.self) { try GPIOLight(chip: "/dev/null", line: 17) }
    #expect(other?.text.contains("line 17") == true)
    #expect(throws: InputError.self) { try EventDeviceButton(loop: loop, device: "/dev/none", key: 1) }
    #expect(throws: InputError.self) { try LEDClassLight(name: "none", folder: "/tmp/none") }
    #expect(throws: InputError.self) { try LEDClassLight(name: "../x", folder: "/tmp") }
  }
}

@Suite struct LightTests {
  private final class Recorder: Light {
    var shown: [Bool] = []
    var onShow: () -> Void = {}

    func show(_ isOn: Bool) {
      shown.append(isOn)
      onShow()
    }

    func close() { shown.append(false) }
  }

  @Test func playsARhythmThatRepeatsUntilTheNextSignal() throws {
    let loop = try EventLoop()
    defer { loop.close() }
    let light = Recorder()
    let player = LightPlayer(loop: loop, light: light)
    light.onShow = { if light.shown.count == 6 { loop.stop() } }
    player.show(.identify)
    try loop.run()
    #expect(light.shown == [true, false, true, false, true, false])
    player.show(.off)
    #expect(light.shown.last == false)
    #expect(loop.timers.isIdle)
  }

  @Test func standsStillWithoutATimer() throws {
    let loop = try EventLoop()
    defer { loop.close() }
    let light = Recorder()
    let player = LightPlayer(loop: loop, light: light)
    player.show(.ordered)
    let isStill = LightSignal.ordered.pattern == LightPattern([1000], repeats: false)
    #expect(light.shown == [true])
    #expect(loop.timers.isIdle == isStill)
    player.close()
    #expect(light.shown.last == false)
  }

  @Test func writesTheLightOfTheLEDClass() throws {
    let folder = try TemporaryFolder()
    try folder.write("led0/brightness", "0")
    try folder.write("led0/trigger", "[mmc0]")
    let light = try LEDClassLight(name: "led0", folder: folder.path)
    light.show(true)
    #expect(try String(contentsOfFile: folder.path + "/led0/brightness", encoding: .utf8) == "255")
    #expect(try String(contentsOfFile: folder.path + "/led0/trigger", encoding: .utf8).hasPrefix("none"))
    light.close()
    #expect(try String(contentsOfFile: folder.path + "/led0/brightness", encoding: .utf8).hasPrefix("0"))
  }
}
