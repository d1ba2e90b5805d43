// One app of an ecosystem file: its fields are taken one by one, and what is wrong with one, or not
// taken by anybody, becomes a remark.

import Settings

struct AppFields {
    private var values: [String: PlainValue] = [:]
    /// In the order of the file.
    private var order: [String] = []
    private(set) var remarks: [String] = []

    init(_ fields: [PlainValue.Field]) {
        var written: [String: String] = [:]
        for field in fields where field.value != .undefined {
            let name = PM2Fields.canonical(field.name)
            if values[name] == nil { order.append(name) }
            values[name] = field.value
            // The same name twice is told of the file as a whole.
            if let before = written.updateValue(field.name, forKey: name), before != field.name {
                remark(field.name, "is the same as \(before); this one was taken")
            }
        }
    }

    /// What a person should know of a field.
    mutating func remark(_ field: String, _ text: String) {
        let name = Visible.text(String(field.prefix(64)))
        remarks.append(String("\(name): \(Visible.text(text))".prefix(ConvertLimits.remarkLength)))
    }

    func has(_ name: String) -> Bool { values[name] != nil }

    /// A field; null is as good as none.
    mutating func take(_ name: String) -> PlainValue? {
        guard let value = values.removeValue(forKey: name), value != .null else { return nil }
        return value
    }

    /// A field that stays.
    func peek(_ name: String) -> PlainValue? { values[name] == .null ? nil : values[name] }

    /// The fields of this beginning, in the order of the file: what follows it, and the value.
    mutating func take(prefixed prefix: String) -> [PlainValue.Field] {
        order.filter { $0.hasPrefix(prefix) && $0 != prefix }.compactMap { name in
            values.removeValue(forKey: name).map {
                PlainValue.Field(name: String(name.dropFirst(prefix.count)), value: $0)
            }
        }
    }

    mutating func text(_ name: String) -> String? {
        guard let value = take(name) else { return nil }
        guard case .truth = value else {
            if let text = value.plainText { return text }
            remark(name, "is \(value.kind), not a text: left out")
            return nil
        }
        remark(name, "is true or false, not a text: left out")
        return nil
    }

    mutating func truth(_ name: String) -> Bool? {
        switch take(name) {
        case nil: return nil
        case .truth(let value): return value
        case .text("true"), .number(1): return true
        case .text("false"), .number(0): return false
        case let other?:
            remark(name, "is \(other.kind), neither true nor false: left out")
            return nil
        }
    }

    /// A whole number, also one that is written as a text.
    mutating func number(_ name: String, most: UInt32) -> UInt32? {
        guard let value = take(name) else { return nil }
        let number: Double? =
            switch value {
            case .number(let number): number
            case .text(let text): Double(text)
            default: nil
            }
        guard let number, number >= 0, number == number.rounded(.towardZero) else {
            remark(name, "is no whole number: left out")
            return nil
        }
        guard number <= Double(most) else {
            remark(name, "\(PlainValue.text(of: number)) is more than \(most), which was taken")
            return most
        }
        return UInt32(number)
    }

    /// Milliseconds, also with s, m or h behind them.
    mutating func milliseconds(_ name: String) -> UInt32? {
        guard case .text(let text)? = values[name], Double(text) == nil else {
            return number(name, most: SettingsLimits.milliseconds)
        }
        _ = take(name)
        do throws(ValueProblem) {
            return try OptionValue.milliseconds(name, text)
        } catch {
            remark(name, "is no time of one day at most: left out")
            return nil
        }
    }

    /// A list of texts, or one text as `split` divides it.
    mutating func texts(_ name: String, splitting split: (String) -> [String]?) -> [String] {
        switch take(name) {
        case nil: return []
        case .list(let entries)?:
            return entries.compactMap { entry in
                if let text = entry.plainText { return text }
                if entry != .undefined { remark(name, "holds \(entry.kind): left out") }
                return nil
            }
        case let value?:
            guard case .truth = value else {
                guard let text = value.plainText else {
                    remark(name, "is \(value.kind): left out")
                    return []
                }
                if let parts = split(text) { return parts }
                remark(name, "has a quote that is not closed; it was divided at blanks")
                return text.split(separator: " ").map(String.init)
            }
            remark(name, "is true or false: left out")
            return []
        }
    }

    /// What is left becomes remarks.
    mutating func finish() -> [String] {
        for name in order {
            guard let value = values[name], value != .null else { continue }
            guard let missing = PM2Fields.missing[name] else {
                let near = NearMiss.nearest(to: name, in: PM2Fields.all)
                remark(name, "PM2 has no such field" + (near.map { "; \($0) was meant?" } ?? ""))
                continue
            }
            if !missing.quiet.contains(value) { remark(name, missing.remark) }
        }
        values = [:]
        return remarks
    }
}
