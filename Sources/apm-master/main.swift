// apm-master: the only process with privileges. It decides and spawns.
//
//   holds    the control socket, the worker table, pidfds, a duplicate of every worker pipe and log
//   becomes  root with the capabilities it needs and no other; or the user whose daemon it is
//   reads    fixed binary messages: of helpers over their socketpairs, of callers on the control
//            socket; {step, errno} of its own children
//   writes   the same, its pid file, and what a service manager wants to know
//   never    parses text, reads a worker's bytes, resolves names, waits for anybody
//   ends     when asked to, after every worker has ended
import Glibc

exit(startDaemon(CommandLine.arguments))
