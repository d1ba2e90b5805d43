"""Memory of connections that have each made one request and are kept alive."""

import contextlib
import resource
import socket
import time

import proc
from servers.server import HOST, exchange

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
        connect(server, count, kept)
        return (resident(server) - before) / count


def connect(server, count, kept):
    for _ in range(count):
        connection = kept.enter_context(socket.create_connection((HOST, server.port), timeout=5))
        exchange(connection, b"GET /hello")
    time.sleep(REST)


def resident(server):
    return sum(proc.kilobytes(pid, "Rss") for pid in server.front_pids()) * 1024
