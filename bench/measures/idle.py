"""What a manager does while its 100 workers sleep and nobody looks."""

import time

import proc
from figures import Figure

COUNT = 100
REST = 3.0


def measure(manager, quick):
    seconds = 3 if quick else (60 if manager.name == "APM" else 12)
    manager.renew()
    manager.begin([manager.sleeper(number) for number in range(COUNT)])
    time.sleep(REST)
    pids = manager.pids()
    sleeps, cpu = proc.sleeps(pids), proc.cpu_seconds(pids)
    time.sleep(seconds)
    sleeps, cpu = proc.sleeps(pids) - sleeps, proc.cpu_seconds(pids) - cpu
    scale = 60 / seconds
    return [
        Figure("idle: wake-ups in a minute", "", sleeps * scale, 0),
        Figure("idle: CPU in a minute", "ms", cpu * 1000 * scale, 0),
    ]
