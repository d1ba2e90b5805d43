"""Memory of the manager's own processes, by the kernel's count of shares (PSS)."""

import time

import proc
from figures import Figure

REST = 2.0
COUNTS = {1: 9, 10: None, 100: None}


def measure(manager, quick):
    sums, figures, dirtiest = {}, [], 0
    for count, bar in COUNTS.items():
        pids = settle(manager, count)
        sums[count] = sum(proc.kilobytes(pid, "Pss") for pid in pids)
        dirtiest = max([dirtiest, *(proc.kilobytes(pid, "Private_Dirty") for pid in pids)])
        name = f"PSS, {count} worker{'s' if count > 1 else ''} (processes)"
        figures.append(Figure(name, "MB", sums[count] / 1024, bar, str(len(pids))))
    return figures + [
        Figure("largest private dirty of a process", "MB", dirtiest / 1024, 1),
        Figure("each further worker", "KB", (sums[100] - sums[1]) / 99, 20),
    ]


def settle(manager, count):
    """The manager's processes when nothing has happened for a while."""
    manager.renew()
    manager.begin([manager.sleeper(number) for number in range(count)])
    time.sleep(REST)
    return manager.pids()
