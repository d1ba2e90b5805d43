"""100 workers: until the main() of the last one.

APM is given them by 100 requests on one connection, the peers by one configuration.
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
