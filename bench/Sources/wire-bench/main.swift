// wire-bench [WORK] [--rounds N] | --names: the least nanoseconds of N rounds, a line a work.

import Glibc

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments == ["--names"] {
    for work in Work.all { print(work.name) }
    exit(0)
}
var rounds = 20
var names = arguments
if let flag = names.firstIndex(of: "--rounds"), flag + 1 < names.count {
    rounds = Int(names[flag + 1]) ?? rounds
    names.removeSubrange(flag...flag + 1)
}
for work in Work.all where names.isEmpty || names.contains(work.name) {
    let nanoseconds = work.leastNanoseconds(rounds: rounds)
    print("\(work.name): \(Double(Int(nanoseconds * 10)) / 10) ns")
}
