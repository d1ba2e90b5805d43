"""What the measures share of this machine: executables, a folder, a scheduling class, clocks."""

import os
import shutil
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = os.path.join(ROOT, ".build/release")
EXECUTABLES = ("apm", "apm-master", "apm-logd", "apm-agent", "apm-guid", "apm-proxyd", "probe")
PRIORITY = 10


class CannotMeasure(Exception):
    """Something did not come in time, or not at all."""


def folder():
    """A temporary folder with copies of the executables, written to the disk.

    Pages of a file that was just linked are dirty in the page cache and would count as memory of
    each process that maps them; and a build in between would change what is measured.
    """
    path = tempfile.mkdtemp(prefix="apm-bench.")
    os.chmod(path, 0o755)
    for name in EXECUTABLES:
        shutil.copy2(os.path.join(RELEASE, name), path)
    os.sync()
    return path


def install(packages):
    """Debian packages, where that is permitted; whether they are there then, the caller looks."""
    if not packages or os.geteuid() != 0:
        return
    for words in ["update"], ["install", "-y", "--no-install-recommends", *packages]:
        subprocess.run(
            ["apt-get", "-qq", *words], check=False, stdout=subprocess.DEVNULL,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def remove(path):
    shutil.rmtree(path, ignore_errors=True)


def enter_real_time():
    """This process, and so all that it starts, runs before everything else; says whether."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
        return "all processes of the measurement run in SCHED_RR"
    except OSError:
        return "SCHED_RR is not permitted: on a busy machine CPU time and memory alone count"


def describe(scheduling):
    with open("/proc/version", encoding="ascii") as file:
        kernel = file.read().split()[2]
    return f"Linux {kernel}, {os.cpu_count()} CPUs, load {load()}; {scheduling}"


def load():
    return f"{os.getloadavg()[0]:.1f}"


def now():
    """CLOCK_MONOTONIC in nanoseconds, the clock of `probe stamp`."""
    return time.monotonic_ns()


def until(holds, what, seconds=30.0, pause=0.002):
    """Waits until `holds()` gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > deadline:
            raise CannotMeasure(f"{what}: not within {seconds:g} s")
        time.sleep(pause)


def call(argv, environment):
    """Runs a program to its end without output: milliseconds and exit code.

    posix_spawn, since forking this interpreter would take longer than some of the programs.
    """
    quiet = [(os.POSIX_SPAWN_OPEN, number, "/dev/null", os.O_RDWR, 0) for number in (0, 1, 2)]
    begin = now()
    pid = os.posix_spawnp(argv[0], argv, environment, file_actions=quiet)
    status = os.waitpid(pid, 0)[1]
    return (now() - begin) / 1e6, os.waitstatus_to_exitcode(status)


def background(argv, environment):
    """Starts a daemon that stays our child and ends when it is told to."""
    return subprocess.Popen(
        argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True)
