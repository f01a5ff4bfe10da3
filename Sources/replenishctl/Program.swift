import ReplenishCore
import ReplenishSelfTest

/// The program: arguments in, an exit code out.
struct Program {
  let console: any Console
  let exchange: any ControlExchange

  /// Does what the arguments ask for, the program's own name left out.
  func run(_ arguments: [String]) -> ExitCode {
    let invocation: Invocation
    do throws(UsageError) {
      invocation = try Invocation.read(arguments)
    } catch {
      return fail(.usage, error.text)
    }
    switch invocation {
    case .help(let verb):
      console.say(Help.text(for: verb))
      return .done
    case .version:
      console.say("replenishctl \(Release.version)\n")
      return .done
    case .selfTest:
      let passed = SelfTest.runControl { name, passed in console.say("\(passed ? "ok" : "FAILED")  \(name)\n") }
      console.say("replenishctl \(Release.version): the self-test \(passed ? "passed" : "failed")\n")
      return passed ? .done : .refused
    case .run(let errand): return run(errand)
    }
  }

  private func run(_ errand: Errand) -> ExitCode {
    if errand.verb == .erase, !errand.isConfirmed {
      guard let answer = console.confirm("This unlinks the device and erases what it knows.") else {
        return fail(.usage, "there is no terminal to ask at; erase --yes asks nobody")
      }
      guard answer else { return fail(.refused, "nothing was erased") }
    }
    let message: [UInt8]
    do throws(ExchangeFault) {
      message = try exchange.exchange(
        ControlRequest.encode(errand.command), socket: errand.socket, timeoutSeconds: errand.timeoutSeconds)
    } catch {
      switch error {
      case .notReachable(let text): return fail(.notReachable, text)
      case .notPermitted(let text): return fail(.notPermitted, text)
      case .noAnswer(let text): return fail(.noAnswer, text)
      }
    }
    do throws(ControlReply.Fault) {
      return show(try ControlReply.decode(message), to: errand)
    } catch {
      return fail(.noAnswer, error.text)
    }
  }

  private func show(_ reply: Reply, to errand: Errand) -> ExitCode {
    if case .refused(let refusal) = reply {
      return fail(refusal.code == .notPermitted ? .notPermitted : .refused, refusal.text)
    }
    guard let text = ReplyText.text(reply, to: errand) else {
      return fail(.noAnswer, "the daemon answered something else; install daemon and replenishctl of one version")
    }
    console.say(text)
    return .done
  }

  private func fail(_ code: ExitCode, _ text: String) -> ExitCode {
    console.complain("replenishctl: \(text)\n")
    return code
  }
}
