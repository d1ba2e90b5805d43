"""Cold start: from nothing until a client is answered.

APM's client starts the daemon itself. Of the peers the daemon is started with one job, and the
client is called until it succeeds; its own start counts everywhere.
"""

import machine
from figures import Figure, median, show

BAR = 20


def measure(manager, quick):
    count = 2 if quick else 5
    ways = [("cold start, first answer", own_list), ("cold start, one worker", own_run)]
    if manager.name != "APM":
        taken = [peer(manager) for _ in range(count)]
        return [figure(name, taken) for name, _ in ways]
    return [figure(name, [way(manager) for _ in range(count)]) for name, way in ways]


def figure(name, taken):
    return Figure(name + ": median (max)", "ms", median(taken), BAR, show(max(taken)))


def own_list(manager):
    return own(manager, [manager.client, "list"])


def own_run(manager):
    return own(manager, [manager.client, "run", "--name", "w", "--no-wait", "--",
                         manager.probe, "sleep"])


def own(manager, argv):
    manager.renew()
    taken, code = machine.call(argv, manager.environment)
    if code != 0:
        raise machine.CannotMeasure(f"{argv} ended with {code}")
    manager.find()
    return taken


def peer(manager):
    manager.renew()
    manager.prepare([manager.sleeper()])
    begin = machine.now()
    manager.spawn()
    machine.until(manager.is_up, "the first answer", pause=0.001)
    return (machine.now() - begin) / 1e6
