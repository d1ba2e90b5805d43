"""The client's listing of 100 workers, beside what spawning any program costs."""

import machine
from figures import Figure, median, percentile, show

COUNT = 100


def measure(manager, quick):
    calls = 5 if quick else 50
    manager.renew()
    manager.begin([manager.sleeper(number) for number in range(COUNT)])
    taken = [ask(manager, manager.question()) for _ in range(calls)]
    floor = [ask(manager, ["/bin/true"]) for _ in range(calls)]
    return [
        Figure("list of 100: median (p95)", "ms", median(taken), 6, show(percentile(taken, 95))),
        Figure("  the floor, /bin/true", "ms", median(floor)),
    ]


def ask(manager, argv):
    taken, code = machine.call(argv, manager.environment)
    if code != 0:
        raise machine.CannotMeasure(f"{argv[0]} ended with {code}")
    return taken
