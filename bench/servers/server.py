"""What every candidate of the data plane can be told here."""

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
            return ask(self.port, b"GET /hello")[1] == b"hello"
        except OSError:
            return False

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


def ask(port, line, fields=b"", body=b""):
    """One request on a connection of its own: status and body."""
    with socket.create_connection((HOST, port), timeout=5) as connection:
        return exchange(connection, line, fields, body)


def exchange(connection, line, fields=b"", body=b""):
    """One request on an open connection. All candidates tell the length of what they answer."""
    if body:
        fields += b"Content-Length: %d\r\n" % len(body)
    connection.sendall(line + b" HTTP/1.1\r\nHost: bench\r\n" + fields + b"\r\n" + body)
    text = b""
    while True:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("closed before the end of an answer")
        text += piece
        head, blank, found = text.partition(b"\r\n\r\n")
        if blank and len(found) >= content_length(head):
            return int(head.split(b" ", 2)[1]), found


def content_length(head):
    for field in head.split(b"\r\n")[1:]:
        name, _, value = field.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise machine.CannotMeasure("an answer without Content-Length")
