"""From SIGKILL to the replacement's main(), with no delay configured."""

import os
import signal
import time

import machine
from figures import Figure, median, percentile, show

# runit pauses for a second when its child has lived for less; supervisor has a tick of a second.
PAUSE = {"APM": 0.25, "supervisor": 1.05, "runit": 1.05}
YOUTH = 0.02


def measure(manager, quick):
    count = 5 if quick else (50 if manager.name == "APM" else 15)
    manager.renew()
    manager.begin([manager.stamper()])
    machine.until(manager.stamps, "the first main()")
    old = [kill(manager, PAUSE[manager.name]) for _ in range(count)]
    time.sleep(PAUSE[manager.name])
    young = [kill(manager, YOUTH) for _ in range(3 if quick else 10)]
    return [
        Figure("respawn: median", "ms", median(old), 2),
        Figure("respawn: p99 (max)", "ms", percentile(old, 99), 6, show(max(old))),
        Figure("respawn of the young: median (max)", "ms", median(young), 2, show(max(young))),
        Figure("  the floor: spawned from here", "ms", floor(manager, count)),
    ]


def floor(manager, count):
    """The same program's way to main(), with nobody to supervise it."""
    taken = []
    for _ in range(count):
        before = len(manager.stamps())
        argv = manager.stamper().argv
        begin = machine.now()
        pid = os.posix_spawn(argv[0], argv, manager.environment)
        machine.until(lambda: len(manager.stamps()) > before, "a main()", pause=0.005)
        taken.append((manager.stamps()[before][0] - begin) / 1e6)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return median(taken)


def kill(manager, age):
    """Kills the child at this age; milliseconds until another is in its place."""
    before = manager.stamps()
    started, pid = before[-1]
    time.sleep(max(0, age - (machine.now() - started) / 1e9))
    begin = machine.now()
    os.kill(pid, signal.SIGKILL)
    machine.until(lambda: len(manager.stamps()) > len(before), "a replacement", pause=0.005)
    return (manager.stamps()[len(before)][0] - begin) / 1e6
