extension ConfigurationKey {
  /// What the key means, which values it takes and what holds without it.
  public var description: Description {
    switch self {
    case .model, .serial, .serialSources, .stateFolder, .setupRecord, .sealKey: deviceDescription
    case .region, .tokenHost, .authorizeHost, .serviceHost, .clientID, .scope, .testDevice, .includeNonLive, .caFile:
      amazonDescription
    case .cloudHost, .cloudCertificate, .cloudPrivateKey, .cloudCAFile, .cloudDownlink: cloudDescription
    case .slotID, .button, .activeLow, .light: slotDescription
    default: otherDescription
    }
  }

  private var deviceDescription: Description {
    switch self {
    case .model:
      Description(
        .device, "model", "the device model id, as the Dash console has it",
        values: "1 to 63 of A-Z a-z 0-9 + _ -", example: "DashButton-1", isRequired: true)
    case .serial:
      Description(
        .device, "serial", "the serial number, where the board has none of its own",
        values: "1 to 50 of A-Z a-z 0-9; not together with serial-sources", example: "B0001")
    case .serialSources:
      Description(
        .device, "serial-sources", "where the serial number is looked for; the first that has one counts",
        values: "some of device-tree, dmi, file:/ABSOLUTE/PATH, in order, with spaces between",
        example: "file:/etc/dash-button/serial device-tree", standard: "device-tree dmi")
    case .stateFolder:
      Description(
        .device, "state-folder", "the folder for tokens and presses, mode 0700, owned by the service's user",
        values: "an absolute path", example: "/var/lib/dash-button", standard: "/var/lib/dash-button")
    case .sealKey:
      Description(
        .device, "seal-key", "the file of the key that seals the tokens; without it only permissions guard them",
        values: "an absolute path", example: "/run/credentials/dash-button.service/seal-key")
    default:
      Description(
        .device, "setup-record", "the verifier record that replenish-factory wrote for this device",
        values: "an absolute path", example: "/etc/dash-button/setup-record",
        standard: "/etc/dash-button/setup-record")
    }
  }

  private var amazonDescription: Description {
    switch self {
    case .region:
      Description(
        .amazon, "region", "the region of Login with Amazon; only na is documented for Dash Replenishment",
        values: "na, eu or fe", example: "na", standard: "na")
    case .tokenHost:
      Description(
        .amazon, "token-host", "another host for tokens than the region's",
        values: "https://HOST or https://HOST:PORT", example: "https://api.amazon.com")
    case .authorizeHost:
      Description(
        .amazon, "authorize-host", "another host for the owner's login than the region's",
        values: "https://HOST or https://HOST:PORT", example: "https://www.amazon.com")
    case .serviceHost:
      Description(
        .amazon, "service-host", "another host for Dash Replenishment",
        values: "https://HOST or https://HOST:PORT", example: "https://dash-replenishment-service-na.amazon.com")
    case .clientID:
      Description(
        .amazon, "client-id", "the only client id accepted from a phone; without it a phone may bring any",
        values: "1 to 100 visible ASCII characters", example: "amzn1.application-oa2-client.1234")
    case .scope:
      Description(
        .amazon, "scope", "what the owner is asked to permit",
        values: "OAuth scopes with single spaces between, 200 characters at most", example: "dash:replenish",
        standard: "dash:replenish")
    case .testDevice:
      Description(
        .amazon, "test-device", "register as a test device: orders cost nothing and ship nothing; never ship with yes",
        values: "yes or no", example: "yes", standard: "no")
    case .includeNonLive:
      Description(
        .amazon, "include-non-live", "let a model register that is not certified yet; never ship with yes",
        values: "yes or no", example: "yes", standard: "no")
    default:
      Description(
        .amazon, "ca-file", "the certificate authorities to trust, PEM; without it the board's own",
        values: "an absolute path", example: "/etc/dash-button/amazon-roots.pem")
    }
  }

  private var cloudDescription: Description {
    switch self {
    case .cloudHost:
      Description(
        .cloud, "host", "where the maker's cloud listens for devices",
        values: "https://HOST or https://HOST:PORT", example: "https://devices.example.com:8444", isRequired: true)
    case .cloudCertificate:
      Description(
        .cloud, "certificate", "the device's certificate, which replenish-factory signed, PEM",
        values: "an absolute path", example: "/etc/dash-button/device.pem", isRequired: true)
    case .cloudPrivateKey:
      Description(
        .cloud, "private-key", "the device's private key, PEM, readable by the service's user or root alone",
        values: "an absolute path", example: "/etc/dash-button/device.key", isRequired: true)
    case .cloudDownlink:
      Description(
        .cloud, "downlink", "wait for the cloud's commands, so that it can make the lights blink; ordering is none",
        values: "yes or no", example: "yes", standard: "no")
    default:
      Description(
        .cloud, "ca-file", "the certificate authorities to trust for the cloud, PEM; without it the board's own",
        values: "an absolute path", example: "/etc/dash-button/maker.pem")
    }
  }

  private var slotDescription: Description {
    switch self {
    case .slotID:
      Description(
        .slot, "slot-id", "the slot's id, as the Dash console has it; each slot its own",
        values: "1 to 128 visible ASCII characters, not . or ..", example: "PaperTowel", isRequired: true)
    case .button:
      Description(
        .slot, "button", "what the owner presses; none leaves replenishctl and the firmware",
        values: "gpio CHIP LINE (0 to 1023), evdev DEVICE KEY (1 to 767), or none", example: "gpio gpiochip0 17",
        standard: "none")
    case .activeLow:
      Description(
        .slot, "active-low", "whether the line reads 0 while a GPIO button is down (a button between line and ground)",
        values: "yes or no", example: "no", standard: "yes")
    default:
      Description(
        .slot, "light", "what shows how a press went",
        values: "gpio CHIP LINE (0 to 1023), led NAME of /sys/class/leds, or none", example: "gpio gpiochip0 27",
        standard: "none")
    }
  }

  private var otherDescription: Description {
    switch self {
    case .windowMinutes:
      Description(
        .setup, "window-minutes", "how long the device lets a phone link, in minutes",
        values: "1 to 10", example: "5", standard: "10")
    case .openAtBoot:
      Description(
        .setup, "open-at-boot", "open the setup window once at each start while no account is linked",
        values: "yes or no", example: "no", standard: "yes")
    case .bearer:
      Description(
        .setup, "bearer", "how a phone reaches the device; auto is bluetoothd where it runs, else kernel",
        values: "auto, bluetoothd, kernel or socket", example: "kernel", standard: "auto")
    case .setupSocket:
      Description(
        .setup, "socket", "the socket of bearer = socket, for machines without Bluetooth; never ship it",
        values: "an absolute path of at most 107 bytes", example: "/run/dash-button/phone")
    case .adapter:
      Description(
        .setup, "adapter", "the Bluetooth adapter; without it the first",
        values: "hci and a number, 0 to 255", example: "hci0")
    case .bluetoothName:
      Description(
        .setup, "name", "the name in a phone's list; 29 bytes are advertised",
        values: "1 to 64 printable ASCII characters", example: "Coffee machine", standard: "Replenish")
    case .companyID:
      Description(
        .setup, "company-id", "the maker's number from the Bluetooth SIG; never ship FFFF",
        values: "four hexadecimal digits", example: "0171", standard: "FFFF")
    case .requireEncryption:
      Description(
        .setup, "require-encryption",
        "whether phones must pair first, so that the link below the session is encrypted, too",
        values: "yes or no; not with bearer = socket", example: "yes", standard: "no")
    case .pressLifeHours:
      Description(
        .orders, "press-life-hours", "how long a press may wait for the network before it expires, in hours",
        values: "1 to 168", example: "12", standard: "24")
    case .refreshMarginMinutes:
      Description(
        .orders, "refresh-margin-minutes",
        "an access token with less than this left is refreshed before a call, in minutes",
        values: "1 to 55", example: "10", standard: "5")
    case .refreshAhead:
      Description(
        .orders, "refresh-ahead", "refresh the access token hourly, before it is needed, so that a press finds one",
        values: "yes or no", example: "yes", standard: "no")
    case .controlSocket:
      Description(
        .control, "socket", "the socket of replenishctl; whoever may act through it orders on the owner's account",
        values: "an absolute path of at most 107 bytes", example: "/run/dash-button/control",
        standard: "/run/dash-button/control")
    case .readGroup:
      Description(
        .control, "read-group", "the group that may ask for status, identity and slots, besides root",
        values: "a group name: 1 to 32 of a-z 0-9 _ -, not first a digit or -", example: "dash-button-read")
    case .actGroup:
      Description(
        .control, "act-group", "the group that may also press, unlink and erase, besides root",
        values: "a group name: 1 to 32 of a-z 0-9 _ -, not first a digit or -", example: "dash-button-act")
    default:
      Description(
        .log, "level", "the least important message that is logged",
        values: "error, warning, info or debug", example: "debug", standard: "info")
    }
  }
}
