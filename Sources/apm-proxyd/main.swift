// apm-proxyd: the only process that reads bytes from the network.
//
//   holds    fd 3, a socketpair to apm-master; the figures, a memfd that outlives this process
//   becomes  user apm-proxy, empty network namespace, no capabilities, seccomp profile "proxyd"
//   reads    master messages, client sockets, frames on the standard output of workers
//   writes   client sockets, frames on the standard input of workers, text and lines for apm-logd
//   never    opens a path, binds, connects or forks: every descriptor arrives over fd 3
//   ends     when apm-master closes fd 3
import CLinux
import Confinement
import EventLoop
import Glibc
import Messages
import Posix

/// Takes what only an unconfined process can have, then gives the rest up and works.
func becomeProxy() throws(SystemError) -> Never {
    apm_name_process("apm-proxyd")
    let link = try MasterLink(inheritedBy: .proxyd, version: Version.text)
    let loop = try EventLoop(eventsAtOnce: Limits.eventsAtOnce)
    var openFiles: UInt64 = 0
    // The second time it tells what the first has reached.
    for _ in 0..<2 { _ = apm_raise_open_files(&openFiles) }
    openFiles = min(openFiles, Limits.openFiles)
    _ = try Confinement.enter(.proxyd, openFiles: openFiles)
    _ = apm_release_code()
    // Nothing above reads input; nothing below has rights.
    try Switchboard(link: link, loop: loop, openFiles: openFiles).run()
}

do { try becomeProxy() } catch { breach(error.text) }
