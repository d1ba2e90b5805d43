"""What every candidate of the data plane can be told here."""

import contextlib
import http.client
import os
import shutil
import socket
import tempfile

import machine
import proc
from managers.manager import MARK, kill, wait_for_the_end

HOST = "127.0.0.1"
APPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "apps")
# The same for all candidates.
NODE = shutil.which("node") or "node"
PYTHON = "/usr/bin/python3"


class Server:
    """Processes that answer at one address, in a folder of their own.

    A subclass writes its configuration files in `prepare` and names in `commands` what is started.
    """

    name = ""
    # Programs that it needs, each with its Debian package.
    packages = {}
    # Names in /proc of those processes that read from the network; none: all of them.
    front = frozenset()
    # Answers everything with what `hello` gets.
    says_hello_alone = False
    is_measured_idle = False

    def __init__(self, folder):
        self.home = tempfile.mkdtemp(prefix="server.", dir=folder)
        os.chmod(self.home, 0o755)
        self.port = free_port()
        self.daemons = []
        self.environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "TZ": "UTC", MARK: self.home}

    @classmethod
    def is_installed(cls):
        return all(map(shutil.which, cls.packages))

    def file(self, name):
        return os.path.join(self.home, name)

    def write(self, name, text):
        with open(self.file(name), "w", encoding="utf-8") as file:
            file.write(text)

    def configuration(self):
        """All of it, for the report."""
        raise NotImplementedError

    def prepare(self):
        """Writes configuration files."""

    def commands(self):
        """Those that stay in the foreground: a list of (words, further environment)."""
        raise NotImplementedError

    def begin(self):
        self.prepare()
        self.spawn()
        machine.until(self.is_up, f"{self.name} answers", 10, 0.01)

    def spawn(self):
        self.daemons = [machine.background(words, {**self.environment, **more})
                        for words, more in self.commands()]

    def is_up(self):
        try:
            return self.answer("GET", "/hello") == (200, b"hello")
        except (OSError, http.client.HTTPException):
            return False

    def answer(self, method, path, body=None):
        """To one request on a connection of its own."""
        with contextlib.closing(connected(self.port)) as connection:
            return ask(connection, method, path, body)

    def roots(self):
        return [daemon.pid for daemon in self.daemons]

    def pids(self):
        """All processes that take part, the workers too."""
        return [pid for root in self.roots() for pid in proc.descendants(root)]

    def front_pids(self):
        return [pid for pid in self.pids()
                if not self.front or proc.command(pid) in self.front]

    def end(self):
        """Ends all that was started; what does not go is killed, by its process id."""
        family = self.pids()
        for daemon in self.daemons:
            daemon.terminate()
        wait_for_the_end(family)
        for daemon in self.daemons:
            daemon.wait()
        self.daemons = []
        for pid in proc.carrying(f"{MARK}={self.home}"):
            kill(pid)


def free_port():
    """One that nobody has now; the kernel is slow to give it out again."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def connected(port):
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    connection.connect()
    return connection


def ask(connection, method, path, body=None):
    """One request on an open connection, which stays open: status and body."""
    connection.request(method, path, body)
    response = connection.getresponse()
    return response.status, response.read()
