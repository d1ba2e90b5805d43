"""Memory of connections that have each made one request and are kept alive."""

import contextlib
import resource
import time

import machine
import proc
from servers.server import ask, connected

WARM = 64
REST = 0.5


def bytes_each(server, count):
    """Growth of what the processes at the network hold in RAM, the first connections not counted.

    Those bring in what one needs whatever the number.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with contextlib.ExitStack() as kept:
        connect(server, WARM, kept)
        before = resident(server)
        connections = connect(server, count, kept)
        each = (resident(server) - before) / count
        if not all(map(is_open, connections)):
            raise machine.CannotMeasure("idle connections were closed")
        return each


def connect(server, count, kept):
    connections = []
    for _ in range(count):
        connection = kept.enter_context(contextlib.closing(connected(server.port)))
        if ask(connection, "GET", "/hello") != (200, b"hello") or connection.sock is None:
            raise machine.CannotMeasure("a connection was not kept alive")
        connections.append(connection)
    time.sleep(REST)
    return connections


def is_open(connection):
    """Nothing has come, not even the end."""
    connection.sock.setblocking(False)
    try:
        connection.sock.recv(1)
    except BlockingIOError:
        return True
    return False


def resident(server):
    return sum(proc.kilobytes(pid, "Rss") for pid in server.front_pids()) * 1024
