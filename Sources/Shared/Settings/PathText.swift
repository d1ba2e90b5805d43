// Paths as people write them, made into what the daemon takes: variables replaced, and absolute
// from the folder that they are seen from.

public enum PathText {
    /// `path` seen from `folder`, which is absolute. `..` stays: what is above a symbolic link is
    /// the kernel's to say.
    public static func absolute(_ path: String, in folder: String) -> String {
        if path.hasPrefix("/") { return path }
        var rest = path[...]
        while rest.hasPrefix("./") { rest = rest.dropFirst(2).drop { $0 == "/" } }
        if rest.isEmpty || rest == "." { return folder }
        return folder + (folder.hasSuffix("/") ? "" : "/") + rest
    }

    /// `$NAME` and `${NAME}` replaced by variables; a `$` without a name stays.
    public static func expanded(
        _ path: String, key: String, variable: (String) -> String?
    ) throws(ValueProblem) -> String {
        var text = ""
        var rest = path[...]
        while let character = rest.popFirst() {
            guard character == "$" else {
                text.append(character)
                continue
            }
            let isBraced = rest.first == "{"
            if isBraced { rest.removeFirst() }
            let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            rest = rest.dropFirst(name.count)
            if isBraced, rest.popFirst() != "}" {
                throw ValueProblem(key, nil, "a { has no }", now: "write it as ${NAME}")
            }
            if name.isEmpty {
                text.append("$")
            } else if let value = variable(String(name)) {
                text += value
            } else {
                throw ValueProblem(
                    key, nil, "$\(name) is not set", now: "set \(name), or write the path out")
            }
        }
        return text
    }
}

extension WorkerSettings {
    /// Makes what an option of a path is set to absolute: variables are replaced, and the rest is
    /// seen from `folder`, which is absolute, or empty where there is none. A program is left alone
    /// that has no `/`. Options that are not paths, and those that are not set, stay.
    public mutating func place(
        _ option: ConfigOption, in folder: String, variable: (String) -> String?
    ) throws(ValueProblem) {
        guard option.isPath, let text = texts(option).first, !text.isEmpty else { return }
        if option.kind == .program {
            guard text.utf8.contains(UInt8(ascii: "/")) else { return }
            return try set(option, [try absolute(text, option, folder)])
        }
        let path = try PathText.expanded(text, key: option.fullKey, variable: variable)
        // Nothing is left of it: as if it were not set.
        try set(option, path.isEmpty ? [] : [try absolute(path, option, folder)])
    }

    private func absolute(
        _ path: String, _ option: ConfigOption, _ folder: String
    ) throws(ValueProblem) -> String {
        guard path.hasPrefix("/") || !folder.isEmpty else {
            throw ValueProblem(
                option.fullKey, path, "is seen from the current folder, which is gone",
                now: "change to another folder, or use absolute paths")
        }
        return PathText.absolute(path, in: folder)
    }

    /// `place` for all options.
    public mutating func placePaths(
        in folder: String, variable: (String) -> String?
    ) throws(ValueProblem) {
        for option in OptionTable.paths { try place(option, in: folder, variable: variable) }
    }
}

extension OptionTable {
    /// The options of a worker that name files, folders and programs.
    public static let paths = worker.filter(\.isPath)
}
