"""100 workers: until the main() of the last one.

APM is given them by 100 requests on one connection and, in a row of its own, by one file; the peers
by one configuration.
"""

import machine
from figures import Figure

COUNT = 100


def measure(manager, quick):
    rounds = [once(manager) for _ in range(1 if quick else 3)]
    whole, bare = (sorted(column)[len(column) // 2] for column in zip(*rounds))
    figures = [Figure(f"{COUNT} workers and the daemon", "ms", whole, 120)]
    if manager.name == "APM":
        figures.append(Figure(f"{COUNT} workers, daemon running", "ms", bare, 120))
        loads = sorted(loaded(manager) for _ in range(1 if quick else 3))
        figures.append(
            Figure(f"{COUNT} workers from one file", "ms", loads[len(loads) // 2], 80))
    return figures


def once(manager):
    """Milliseconds from before the daemon's start, and from when it ran."""
    manager.renew()
    jobs = [manager.stamper(number) for number in range(COUNT)]
    manager.prepare([] if manager.name == "APM" else jobs)
    begin = machine.now()
    manager.spawn()
    running = machine.now()
    if manager.name == "APM":
        manager.prepare(jobs)
        manager.define()
    machine.until(lambda: len(manager.stamps()) >= COUNT, f"{COUNT} main()s", pause=0.01)
    last = max(moment for moment, _ in manager.stamps())
    return (last - begin) / 1e6, (last - running) / 1e6


def loaded(manager):
    """Milliseconds from before `apm load`; the daemon runs already."""
    manager.renew()
    manager.prepare([])
    manager.spawn()
    manager.prepare([manager.stamper(number) for number in range(COUNT)])
    begin = machine.now()
    manager.load()
    machine.until(lambda: len(manager.stamps()) >= COUNT, f"{COUNT} main()s", pause=0.01)
    return (max(moment for moment, _ in manager.stamps()) - begin) / 1e6
