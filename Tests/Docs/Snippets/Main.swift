import ReplenishKit

@main
struct Main {
  static func main() throws {
    try CoffeeMachine(folder: CommandLine.arguments[1]).run()
  }
}
