"""2,000,000 numbered lines of 100 bytes: how fast, how dear, and is each whole and there once?

The worker waits at a FIFO, so that all begin alike: when the first byte may be written.
"""

import mmap
import os
import re
import time

import machine
import proc
from figures import Figure
from managers.manager import Job

LENGTH = 100
CALM = 0.5
# Behind a stamp and a name that hold no x, maybe coloured: number, blank, all of the rest.
WHOLE = re.compile(rb"^[^x\n]*?(?<![0-9])([0-9]{10}) x{88}(?:\x1b\[[0-9;]*m)*$", re.MULTILINE)


def measure(manager, quick):
    lines = 100_000 if quick else 2_000_000
    manager.renew()
    job = writer(manager, lines)
    manager.begin([job])
    time.sleep(CALM)
    path = manager.log_of(job)
    pids = manager.pids()
    cpu = proc.cpu_seconds(pids)
    begin = machine.now()
    release(manager)
    last = b"%010d " % lines
    machine.until(lambda: ends_with(path, last), "the last line", 120, 0.002)
    seconds = (machine.now() - begin) / 1e9
    cpu = proc.cpu_seconds(pids) - cpu
    lost = lost_or_cut(path, lines)
    return [
        Figure("log: throughput of the worker's bytes", "MB/s", lines * LENGTH / 1e6 / seconds,
               200, more_is_better=True),
        Figure(f"log: CPU for {lines:,} lines", "s", cpu, 1.2),
        Figure("log: lines lost, doubled or cut", "", lost, 0),
    ]


def writer(manager, lines):
    """Reads the FIFO to its end first. Started again, it would wait there for ever."""
    gate = manager.file("gate")
    os.mkfifo(gate)
    script = f"read go < {gate}; exec {manager.probe} numbers {lines} {LENGTH}"
    return Job("w", ["/bin/sh", "-c", script], manager.file("numbers.log"), False)


def release(manager):
    with open(manager.file("gate"), "w", encoding="ascii") as gate:
        gate.write("go\n")


def ends_with(path, number):
    """Whether the last line is complete and has this number."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.path.getsize(path) - 2 * LENGTH))
            tail = file.read()
    except OSError:
        return False
    return tail.endswith(b"\n") and number in tail.rpartition(b"\n")[0].rpartition(b"\n")[2]


def lost_or_cut(path, lines):
    """How many of the numbers do not stand whole on exactly one line."""
    seen = bytearray(lines + 1)
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for found in WHOLE.finditer(text):
            number = int(found[1])
            if 0 < number <= lines:
                seen[number] = min(2, seen[number] + 1)
    return lines - seen.count(1)
