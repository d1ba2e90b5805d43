// apm: what people type. Reads words, asks the daemon, prints the answer; holds no state and no
// rights of its own.
//
//   reads    its arguments and environment; the daemon's answers, after checking whose they are;
//            for the monitor the keys of its terminal, and numbers below /proc
//   starts   apm-master, when a command needs a daemon and there is none
//   never    opens a worker's files, resolves names or accounts, listens
import Glibc

StandardDescriptors.fill()
exit(CommandLineTool.run())
