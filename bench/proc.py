"""What /proc tells of the processes of a manager."""

import os


def read(path):
    """The file's text; empty when the process is gone."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def fields(pid):
    """The fields of /proc/PID/stat behind the name, the state first; empty when it is gone."""
    return read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def is_alive(pid):
    return fields(pid)[:1] not in ([], ["Z"], ["X"])


def descendants(root):
    """The process and all that came of it, as far as the chain of parents is whole."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        found = fields(name)
        if found:
            children.setdefault(int(found[1]), []).append(int(name))
    family, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        family.append(pid)
        waiting += children.get(pid, [])
    return [pid for pid in family if is_alive(pid)]


def carrying(entry):
    """Processes that were started with this entry in their environment."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        if entry in read(f"/proc/{name}/environ").split("\0"):
            found.append(int(name))
    return found


def command(pid):
    return read(f"/proc/{pid}/comm").strip()


def kilobytes(pid, key):
    """`Pss`, `Private_Dirty` ... of a process."""
    for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def tasks(pid):
    try:
        return [f"/proc/{pid}/task/{name}" for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def cpu_seconds(pids):
    """CPU time of all threads that live, to the nanosecond."""
    texts = [read(task + "/schedstat") for pid in pids for task in tasks(pid)]
    return sum(int(text.split()[0]) for text in texts if text) / 1e9


def sleeps(pids):
    """How often threads have gone to sleep, which is how often they were woken up."""
    count = 0
    for task in (task for pid in pids for task in tasks(pid)):
        for line in read(task + "/status").splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                count += int(line.split()[1])
    return count
