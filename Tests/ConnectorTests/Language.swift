// The languages that there is a connector for. Every case of the harness runs once for each row.

import Documents
import Testing

struct Language: CustomTestStringConvertible, Sendable {
    let name: String
    /// What runs a file of the language, looked for in PATH.
    let interpreter: String
    /// From the folder of connectors.
    let connector: String
    let echo: String

    var testDescription: String { name }

    static let folder = Documents.root() + "/connectors/"

    static let node = Language(
        name: "node", interpreter: "node", connector: "apm_module.node.js",
        echo: "echo/echo.node.js")
    static let nodeModule = Language(
        name: "node, as a module", interpreter: "node", connector: "apm_module.node.mjs",
        echo: "echo/echo.node.mjs")
    static let python = Language(
        name: "python", interpreter: "python3", connector: "apm_module.py", echo: "echo/echo.py")

    static let all = [node, nodeModule, python]
}
