// Definitions for tests that speak to the control socket themselves.

import Settings

enum ControlSettings {
    static func of(_ exec: String, _ params: [String] = [], name: String, marker: String)
        -> WorkerSettings
    {
        var settings = WorkerSettings()
        settings.name = name
        settings.exec = exec
        settings.params = params
        settings.path = "/"
        settings.env = [marker]
        settings.baseEnvironment = ["PATH=/usr/bin:/bin"]
        return settings
    }
}
