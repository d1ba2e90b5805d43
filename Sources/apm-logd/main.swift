// apm-logd: reads what workers print and writes it to their logs.
//
//   holds    fd 3, a socketpair to apm-master; fd 4, the journal: what it has read but not written
//   becomes  user apm-log, empty network namespace, no capabilities, seccomp profile "logd"
//   reads    master messages, worker pipes
//   writes   log files, the lines that clients follow
//   never    opens a path or a socket, truncates or rewrites a log: descriptors come over fd 3
//   ends     when apm-master closes fd 3
import CLinux
import Confinement
import EventLoop
import Glibc
import Messages
import Posix

/// Takes what only an unconfined process can have, then gives the rest up and works.
func becomeLogger() throws(SystemError) -> Never {
    apm_name_process("apm-logd")
    LocalClock.loadZone()
    let link = try MasterLink(inheritedBy: .logd, version: Version.text)
    // The journal must become descriptor 4, so nothing else may sit there when it arrives.
    guard dup(MasterLink.descriptor) == Confinement.journalDescriptor else {
        breach("descriptor 4 is taken: the master passes 0 to 3 alone")
    }
    let ownUid = getuid()
    let loop = try EventLoop()
    close(Confinement.journalDescriptor)
    _ = try Confinement.enter(.logd, openFiles: Limits.openFiles)
    _ = apm_release_code()
    // Nothing above reads input; nothing below has rights.
    try LogIntake(link: link, loop: loop, ownUid: ownUid).run()
}

do { try becomeLogger() } catch { breach(error.text) }
