"""What every manager can be told here, and the work that it is given."""

import os
import shutil
import signal
import tempfile
from dataclasses import dataclass

import machine
import proc

# In the environment of all that a manager starts: its folder.
MARK = "APM_BENCH"
FAREWELL = 5.0


@dataclass
class Job:
    """One process that is kept running. `log` may be empty: the manager's usual place."""

    name: str
    argv: list[str]
    log: str = ""
    restarts: bool = True


class Manager:
    """A private daemon of some make, in a folder of its own for each measure.

    A subclass writes its configuration in `prepare`, starts in `spawn`, and says in `question`
    which command of its client succeeds when it is up. `programs` are the names of its processes
    in /proc, so that its workers are not counted.
    """

    name = ""
    programs = frozenset()

    def __init__(self, folder):
        self.folder = folder
        self.probe = os.path.join(folder, "probe")
        self.home = ""
        self.root = 0
        self.environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "TZ": "UTC"}

    def renew(self):
        """An empty folder."""
        if self.home:
            self.end()
        self.home = tempfile.mkdtemp(prefix=self.name + ".", dir=self.folder)
        os.chmod(self.home, 0o755)
        self.environment[MARK] = self.home

    def file(self, name):
        return os.path.join(self.home, name)

    def sleeper(self, number=0):
        return Job(f"w{number}", [self.probe, "sleep"])

    def stamper(self, number=0):
        """Its main() writes the time and its process id to `stamps`."""
        return Job(f"w{number}", [self.probe, "stamp", self.file("stamps")])

    def stamps(self):
        """(nanoseconds, pid) of each start so far."""
        lines = proc.read(self.file("stamps")).splitlines(keepends=True)
        return [tuple(map(int, line.split())) for line in lines if line.endswith("\n")]

    def begin(self, jobs):
        """Starts the daemon with these jobs and waits until it answers."""
        self.prepare(jobs)
        self.spawn()
        machine.until(self.is_up, f"{self.name} answers")

    def is_up(self):
        return machine.call(self.question(), self.environment)[1] == 0

    def pids(self):
        """All processes of the manager, without its workers."""
        return [pid for pid in proc.descendants(self.root) if proc.command(pid) in self.programs]

    def end(self):
        """Ends the daemon and its workers; what does not go is killed, by its process id."""
        if not self.home:
            return
        if self.root:
            self.ask_to_end()
            wait_for_the_end(proc.descendants(self.root))
        self.reap()
        self.root = 0
        for pid in proc.carrying(f"{MARK}={self.home}"):
            kill(pid)
        shutil.rmtree(self.home, ignore_errors=True)
        self.home = ""

    def reap(self):
        """For those whose daemon is our own child."""


def wait_for_the_end(family):
    try:
        machine.until(lambda: not any(map(proc.is_alive, family)), "the end", FAREWELL, 0.02)
    except machine.CannotMeasure:
        for pid in filter(proc.is_alive, family):
            kill(pid)


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
