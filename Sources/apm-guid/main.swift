// apm-guid: what people and their tools look at; nobody defines anything through it.
//
//   holds    fd 3, a socketpair to apm-master; the listening look socket, which comes over it
//   becomes  user apm-gui, empty network namespace, no capabilities, seccomp profile "guid"
//   reads    master messages, requests of anybody on this machine
//   writes   what may be looked at: names, states, figures, limits
//   never    opens a path or a socket; asks the master for anything but a fresh look, and, where
//            everybody may operate, to start, stop or restart what is defined
//   ends     when nobody has looked for a while, or apm-master closes fd 3
import CLinux
import Confinement
import EventLoop
import Glibc
import Messages
import Posix

/// Takes what only an unconfined process can have, then gives the rest up and works.
func becomeShowcase() throws(SystemError) -> Never {
    apm_name_process("apm-guid")
    let link = try MasterLink(inheritedBy: .guid, version: Version.text)
    let ownUid = getuid()
    let loop = try EventLoop()
    _ = try Confinement.enter(.guid, openFiles: Limits.openFiles)
    _ = apm_release_code()
    // Nothing above reads input; nothing below has rights.
    try LookSocket(link: link, loop: loop, ownUid: ownUid).run()
}

do { try becomeShowcase() } catch { breach(error.text) }
