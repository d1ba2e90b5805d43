"""100 workers from one configuration file: until the main() of the last one."""

import machine
from figures import Figure

COUNT = 100


def measure(manager, quick):
    repeats = 1 if quick else 5
    figures = [Figure(f"{COUNT} workers and the daemon", "ms", middle(whole, manager, repeats), 120)]
    if manager.name == "APM":
        figures.append(
            Figure(f"{COUNT} workers from a file", "ms", middle(loaded, manager, repeats), 80))
    return figures


def middle(once, manager, repeats):
    taken = sorted(once(manager) for _ in range(repeats))
    return taken[len(taken) // 2]


def whole(manager):
    """Milliseconds from before the daemon's start."""
    manager.renew()
    manager.prepare([manager.stamper(number) for number in range(COUNT)])
    begin = machine.now()
    manager.spawn()
    return last_main(manager, begin)


def loaded(manager):
    """Milliseconds from before `apm boot` reads the file; the daemon runs already."""
    manager.renew()
    manager.prepare([])
    manager.spawn()
    manager.prepare([manager.stamper(number) for number in range(COUNT)])
    begin = machine.now()
    manager.load()
    return last_main(manager, begin)


def last_main(manager, begin):
    machine.until(lambda: len(manager.stamps()) >= COUNT, f"{COUNT} main()s", pause=0.01)
    return (max(moment for moment, _ in manager.stamps()) - begin) / 1e6
