// dash-button: a board, a push button and a light become a dash button.
import ReplenishCore
import ReplenishKit
import ReplenishLinux

let program = DashButton(arguments: CommandLineArguments.read())
Process.exit(program.run())
