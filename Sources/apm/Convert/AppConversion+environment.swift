// The variables of an app: `env`, then the `env_NAME` that --env chooses, then its port.

import Settings

extension AppConversion {
    mutating func convertEnvironment() {
        var variables = Variables()
        if let value = fields.take("env") { add("env", value, to: &variables) }
        var others: [String] = []
        for field in fields.take(prefixed: "env_") {
            note(environment: field.name)
            if field.name == scenery.environment {
                add("env_\(field.name)", field.value, to: &variables)
            } else {
                others.append("env_\(field.name)")
            }
        }
        if !others.isEmpty {
            let shown = others.prefix(ConvertLimits.listed).joined(separator: ", ")
            let first = String(others[0].dropFirst("env_".count))
            fields.remark(shown, "not taken; apm convert --env \(first) takes that one")
        }
        if let port = fields.number("port", most: 65_535) { variables.set("PORT", String(port)) }
        if worker.settings.exec.contains("python") { variables.set("PYTHONUNBUFFERED", "1") }
        worker.settings.env = variables.entries
    }

    private mutating func add(_ name: String, _ value: PlainValue, to variables: inout Variables) {
        guard case .object(let entries) = value else {
            return fields.remark(name, "is \(value.kind), not an object: left out")
        }
        for entry in entries {
            let field = "\(name).\(entry.name)"
            guard !entry.name.isEmpty, !entry.name.contains("="), !hasNull(entry.name) else {
                fields.remark(field, "is no name of a variable: left out")
                continue
            }
            switch entry.value {
            case .null, .odd:
                fields.remark(field, "was \(entry.value.kind) here: left out")
            case .list, .object:
                variables.set(entry.name, String(entry.value.json.line.dropLast()))
            case .text, .number, .truth:
                let text = entry.value.plainText ?? ""
                if hasNull(text) {
                    fields.remark(field, "holds a NUL byte: left out")
                } else if entry.name.utf8.count + text.utf8.count >= SettingsLimits.argumentBytes {
                    fields.remark(
                        field, "is longer than \(SettingsLimits.argumentBytes) bytes: left out")
                } else {
                    variables.set(entry.name, text)
                }
            }
        }
    }

    private func hasNull(_ text: String) -> Bool { text.utf8.contains(0) }

    /// Variables in the order of their first setting, the last value of each.
    private struct Variables {
        private var places: [String: Int] = [:]
        private(set) var entries: [String] = []

        mutating func set(_ name: String, _ value: String) {
            if let place = places[name] {
                entries[place] = "\(name)=\(value)"
            } else {
                places[name] = entries.count
                entries.append("\(name)=\(value)")
            }
        }
    }
}
