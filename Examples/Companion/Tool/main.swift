import Glibc
import ReplenishCompanion
import ReplenishCore
import ReplenishHost

do {
  let given = try CommandLineOptions(CommandLine.arguments, options: CompanionOptions.all)
  if given.has("help") {
    StandardStream.output.say(CompanionOptions.help)
    exit(0)
  }
  try CompanionOptions(given).run()
} catch let error as UsageError {
  StandardStream.error.say("companion: \(error.text)")
  exit(2)
} catch let failure as SecretFile.Failure {
  StandardStream.error.say("companion: \(failure.text)")
  exit(2)
} catch let failure as LinkingFailure {
  StandardStream.error.say("companion: \(failure.text)")
  exit(failure.kind.rawValue)
}
