// From the words of `update` to the settings that change.

import Control
import Settings
import Testing

@testable import apm

struct UpdatePlanTests {
    /// What `apm update api WORDS` sends.
    private func command(_ words: [String]) throws -> UpdateCommand {
        guard case .parse(let parsed) = try Invocation.read(["update", "api"] + words).action,
            let update = try RootCommand.parseAsRoot(parsed) as? Update
        else { throw Failure("not an update", now: "") }
        #expect(update.names == ["api"])
        return try UpdatePlan.command(for: "api", update.flags, Stage.surroundings())
    }

    @Test func everySettingHasItsFlag() {
        let keys = WorkerFlags.single.map(\.key) + WorkerFlags.repeated.map(\.key)
        #expect(keys.sorted() == OptionTable.worker.keys.sorted())
        for (key, _) in WorkerFlags.repeated {
            #expect(OptionTable.worker.find(key)?.isRepeated == true, "\(key)")
        }
    }

    @Test func whatIsGivenAloneIsChanged() throws {
        let made = try command(["--kill-timeout", "5s", "--restart-err", "--env", "A=1"])
        #expect(made.changed.list == [.env, .restartErr, .killTimeout])
        #expect(made.settings.killTimeout == 5000 && made.settings.restartErr)
        #expect(made.settings.env == ["A=1"] && made.settings.baseEnvironment.isEmpty)
        #expect(made.name == "api" && made.restarts)
    }

    @Test func filesAreSeenFromTheCaller() throws {
        let made = try command(["--log", "out.log", "--path", ".", "--exec", "./run"])
        #expect(made.settings.log == "/home/ann/site/out.log")
        #expect(made.settings.path == "/home/ann/site")
        #expect(made.settings.exec == "/home/ann/site/run")
        #expect(try command(["--exec", "node"]).settings.path.isEmpty)
    }

    @Test(arguments: OptionTable.worker.keys.filter { $0 != "name" })
    func anEmptyValueIsTheDefault(_ key: String) throws {
        let flag = "--" + RunWords.dashed(key)
        if key == "exec" || key == "path" {
            #expect(throws: Failure.self) { try command([flag, ""]) }
            return
        }
        let made = try command(["\(flag)="])
        #expect(made.changed.names == [key])
        var expected = WorkerSettings()
        if key == "log_time_format" { expected.logTimeFormat = "" }
        #expect(made.settings == expected)
    }

    @Test(arguments: [
        ([], "apm update api --FLAG VALUE; apm update -h shows the flags"),
        (["--no-restart"], "apm update api --FLAG VALUE; apm update -h shows the flags"),
        (["--name", "web"], "apm rename api NEW changes it"),
        (["--prefx", "x"], "did you mean --prefix?"),
        (["--no-restrt"], "did you mean --no-restart?"),
        (["--instances", "0x"], "--instances takes digits alone, like 3"),
    ])
    func mistakesAreUsageErrors(_ words: [String], _ now: String) {
        let failure = #expect(throws: Failure.self) { try command(words) }
        #expect(failure?.status == .usage)
        #expect(failure?.now == now)
    }

    @Test func variablesAreShownWhole() {
        let entries = ["A=1", "B=x=y", "C=a\nb\u{1B}", "D="]
        #expect(Env.lines(entries) == "A=1\nB=x=y\nC=a\\x0ab\\x1b\nD=\n")
        #expect(
            JSON(environment: entries).line
                == #"{"A":"1","B":"x=y","C":"a\nb\u001b","D":""}"# + "\n")
    }
}
