// From the command line to the loop.

import CLinux
import Glibc
import Posix

/// Runs the daemon until it ends; gives its exit status.
func startDaemon(_ arguments: [String]) -> Int32 {
    let report = StartReport(isDaemon: arguments.contains("--daemon"))
    // A lock or socket that took the place of standard output would be written to.
    _ = apm_fill_standard()
    // What the caller had open is none of ours, and would be held for as long as the daemon runs.
    _ = apm_close_inherited()
    _ = umask(0o077)
    do {
        let home = try chosenHome()
        let daemon = try Daemon(home, executableFolder: executableFolder())
        report.ready()
        try daemon.run()
        return 0
    } catch let error as StartError {
        report.failed(error)
    } catch let error as SystemError {
        report.failed(.failed(error.text))
    } catch {
        report.failed(.failed("\(error)"))
    }
    return 1
}

private func chosenHome() throws(StartError) -> Home {
    let variable = { (name: String) in getenv(name).map { String(cString: $0) } }
    guard
        let home = Home.chosen(
            apmHome: variable("APM_HOME"), home: variable("HOME"), uid: geteuid())
    else { throw .failed("APM_HOME and HOME are no absolute paths; set APM_HOME") }
    return home
}

/// The folder of this executable: the helpers lie beside it.
private func executableFolder() -> String {
    var room = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &room, 4095)
    guard count > 0 else { return "/usr/libexec/apm" }
    let path = String(decoding: room[0..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let slash = path.lastIndex(of: "/") else { return "/usr/libexec/apm" }
    return String(path[..<slash])
}
