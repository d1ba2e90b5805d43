// A whole ecosystem file: its apps as workers, and what is said of the file itself. Pure, given the
// scenery.

import Settings

struct Conversion: Equatable {
    var workers: [ConvertedWorker] = []
    /// What stands at the head of the output, one line each.
    var warnings: [String] = []
}

enum Ecosystem {
    /// `apps` under that name or under `pm2`, a list of apps, or one app alone.
    static func convert(
        _ document: PlainValue, in scenery: Scenery
    ) throws(Failure) -> Conversion {
        var conversion = Conversion()
        let apps = try apps(of: document, into: &conversion)
        guard !apps.isEmpty else { throw noApps("it holds no app") }
        guard apps.count <= ConvertLimits.apps else {
            throw Failure(
                "it holds \(apps.count) apps, which are more than \(ConvertLimits.apps)",
                now: "divide it into several files")
        }
        var hasEnvironment = scenery.environment == nil
        var environments: [String] = []
        for (index, app) in apps.enumerated() {
            let what = apps.count == 1 ? "the app" : "app \(index + 1)"
            guard case .object(let fields) = app else {
                throw noApps("\(what) is \(app.kind), not an object")
            }
            var single = AppConversion(fields, in: scenery)
            conversion.workers.append(try single.convert(what))
            hasEnvironment = hasEnvironment || single.hadEnvironment
            environments += single.environments.filter { !environments.contains($0) }
        }
        guard hasEnvironment else { throw unknownEnvironment(scenery, environments) }
        try conversion.check()
        return conversion
    }

    private static func apps(
        of document: PlainValue, into conversion: inout Conversion
    ) throws(Failure) -> [PlainValue] {
        if case .list(let apps) = document { return apps }
        guard case .object(let fields) = document else {
            throw noApps("it is \(document.kind), not an object")
        }
        guard let name = ["apps", "pm2"].first(where: { document.field($0) != nil }) else {
            if document.field("deploy") != nil, fields.count == 1 { return [] }
            return [document]
        }
        for field in fields where field.name != name {
            let shown = Visible.text(String(field.name.prefix(64)))
            conversion.warnings.append(
                field.name == "deploy"
                    ? "deploy: there is no deployment; workers alone were converted"
                    : "\(shown): PM2's file has it beside its apps; it was left out")
        }
        conversion.warnings = Array(conversion.warnings.prefix(ConvertLimits.listed))
        switch document.field(name) {
        case .list(let apps)?: return apps
        case let inner? where inner.field("apps") != nil:
            return try apps(of: inner, into: &conversion)
        case .object?: return document.field(name).map { [$0] } ?? []
        case let other?: throw noApps("its \(name) are \(other.kind), not a list")
        case nil: return []
        }
    }

    private static func noApps(_ what: String) -> Failure {
        Failure(what, now: "it should have the form of PM2's ecosystem files: { apps: [ … ] }")
    }

    private static func unknownEnvironment(
        _ scenery: Scenery, _ known: [String]
    ) -> Failure {
        let name = Visible.text(scenery.environment ?? "")
        let names = known.prefix(ConvertLimits.listed).map { Visible.text($0) }
        return .usage(
            "no app has env_\(name)",
            now: names.isEmpty
                ? "none has other environments than env: leave --env out"
                : "--env takes one of: \(names.joined(separator: ", "))")
    }
}

extension Conversion {
    /// Names that stand twice become different ones; what the daemon would refuse is told.
    mutating func check() throws(Failure) {
        var names: Set<String> = []
        for index in workers.indices {
            let name = workers[index].settings.name
            if !names.insert(name).inserted {
                let other = Self.free(name, among: names)
                names.insert(other)
                workers[index].settings.name = other
                workers[index].warnings.append("name: \(name) is taken; \(other) was taken")
            }
            let settings = workers[index].settings
            if let problem = settings.problem() ?? settings.oversize() {
                throw Failure(
                    "\(Visible.text(name)): \(problem.key) \(Visible.text(problem.text))",
                    now: "put this right in the file, then repeat the command")
            }
        }
    }

    private static func free(_ name: String, among names: Set<String>) -> String {
        var number = 2
        while true {
            let ending = "-\(number)"
            var stem = name
            while stem.utf8.count + ending.utf8.count > SettingsLimits.nameBytes {
                stem.removeLast()
            }
            if !names.contains(stem + ending) { return stem + ending }
            number += 1
        }
    }
}
