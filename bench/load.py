"""Load from wrk on a processor of its own, and what it cost the server."""

import os
import re
import subprocess
from dataclasses import dataclass

import machine
import proc
from figures import median
from servers.server import HOST

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load.lua")
# As in load.lua: the request and the body that answers it.
SCENARIOS = {
    "hello": ("GET", "/hello", None, b"hello"),
    "headers": ("GET", "/hello", None, b"hello"),
    "post": ("POST", "/whole", b"x" * 1024, b"x" * 1024),
    "big": ("GET", "/size/16384", None, b"x" * 16384),
}
CONNECTIONS = 64
FIGURES = re.compile(r"^figures (\d+) (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)


@dataclass
class Round:
    """Requests a second, microseconds of CPU a request, milliseconds of latency."""

    rate: float
    cpu: float
    front_cpu: float
    p50: float
    p99: float

    @property
    def share(self):
        """Per cent of its processor. Less than all: somebody disturbed, or the load did not do."""
        return self.rate * self.cpu / 1e4


def processors():
    """One for the servers and this program, one for wrk."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise machine.CannotMeasure("one processor: servers and load need one each")
    return allowed[0], allowed[1]


def check(server, scenario):
    """The same work: the status and each byte of the body."""
    *request, wanted = SCENARIOS[scenario]
    status, found = server.answer(*request)
    if status != 200 or found != wanted:
        raise machine.CannotMeasure(
            f"{scenario}: status {status} and {len(found)} bytes, not 200 and {len(wanted)}")


def once(server, scenario, seconds, processor, connections=CONNECTIONS):
    pids, front = server.pids(), server.front_pids()
    cpu, front_cpu = proc.cpu_seconds(pids), proc.cpu_seconds(front)
    found = subprocess.run(
        ["taskset", "-c", str(processor), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
         "-s", SCRIPT, f"http://{HOST}:{server.port}", "--", scenario],
        check=True, capture_output=True, text=True).stdout
    cpu, front_cpu = proc.cpu_seconds(pids) - cpu, proc.cpu_seconds(front) - front_cpu
    figures = FIGURES.search(found)
    if not figures:
        raise machine.CannotMeasure(f"wrk told no figures: {found!r}")
    requests, duration, p50, p99, errors = map(int, figures.groups())
    if errors or not requests:
        raise machine.CannotMeasure(f"{errors} of {requests} requests failed")
    return Round(requests * 1e6 / duration, cpu * 1e6 / requests, front_cpu * 1e6 / requests,
                 p50 / 1000, p99 / 1000)


def middle(rounds):
    return Round(*(median(getattr(taken, field) for taken in rounds)
                   for field in Round.__dataclass_fields__))
