// apm-agent: does one thing as the user concerned, answers, and ends; `watch` lasts.
//
//   holds    fd 3, a socketpair to apm-master; an environment file that comes over it; inotify
//   becomes  `account`: a user of its own that may read and ask, seccomp profile "account";
//            `environment`: the worker's user, after its login shell seccomp profile "environment"
//            `watch`: the worker's user, seccomp profile "watch"
//   reads    what the system says of an account; what a login shell prints; an environment file;
//            names in folders, never what is in their files
//   writes   one answer to each question; as `watch`, what has changed
//   never    acts for another user than the one it was started as; outlives its answer
//   ends     when apm-master closes fd 3, or ends it
import Glibc

exit(runAgent(CommandLine.arguments.dropFirst().first))
