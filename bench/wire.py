"""A client of APM's control socket, for requests that follow each other without waiting.

Written after docs/PROTOCOL.md; the fields of a worker stand in the order given there.
"""

import socket
import struct

MAGIC, VERSION_BYTE, MORE = 0xA9, 0x01, 1
HELLO, WELCOME, RUN, RAN = 0x0100, 0x0101, 0x0102, 0x0103
ROLE_APM = 2
MESSAGE_BYTES = 16_384
BEGUN = 0
SIGTERM = 15


def text(value):
    encoded = value.encode()
    return struct.pack("<H", len(encoded)) + encoded


def texts(values):
    return struct.pack("<H", len(values)) + b"".join(map(text, values))


def settings(job, environment, time_format):
    """Worker settings of a job (managers/job.py)."""
    inherited = [f"{key}={value}" for key, value in environment.items()]
    return b"".join([
        text(job.name), text(job.argv[0]), texts(job.argv[1:]), text("/"),
        struct.pack("<H", 1), text(""), texts([]), text(""), text(""), texts(inherited),
        struct.pack("<?II", False, 250, 0),
        struct.pack("<?III", job.restarts, 0, 0, 0),
        struct.pack("<H", 0),
        struct.pack("<II", 0, 2000), texts([]), struct.pack("<II", 30000, 2000),
        struct.pack("<BB?I", SIGTERM, 0, False, 1000),
        struct.pack("<QQII", 0, 0, 0, 0),
        text(job.log), text(""), text(""), text(time_format), struct.pack("<?", False),
        struct.pack("<H", 0),
    ])


class Connection:
    """Greets on the way in. One request is one datagram here; parts are never needed."""

    def __init__(self, path, version):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.send(HELLO, 1, struct.pack("<B", ROLE_APM) + text(version))
        kind, _, _ = self.receive()
        if kind != WELCOME:
            raise ConnectionError(f"the daemon did not greet, but said {kind:#06x}")

    def send(self, kind, number, body):
        length = 16 + len(body)
        if length > MESSAGE_BYTES:
            raise ValueError("a request of more than one part")
        self.socket.send(
            struct.pack("<BBHIIHH", MAGIC, VERSION_BYTE, kind, length, number, 0, 0) + body)

    def receive(self):
        """Kind, id and body of the next message."""
        datagram = self.socket.recv(MESSAGE_BYTES)
        if not datagram:
            raise ConnectionError("the daemon has closed the connection")
        _, _, kind, _, number, _, _ = struct.unpack_from("<BBHIIHH", datagram)
        return kind, number, datagram[16:]

    def run(self, all_settings):
        """Defines and starts workers: all requests first, then all replies."""
        for number, worker in enumerate(all_settings, start=2):
            self.send(RUN, number, struct.pack("<?", False) + worker)
        for _ in all_settings:
            kind, number, body = self.receive()
            if kind != RAN or body[0] != BEGUN:
                raise ConnectionError(f"worker {number - 2} was refused: {kind:#06x} {body!r}")

    def close(self):
        self.socket.close()
