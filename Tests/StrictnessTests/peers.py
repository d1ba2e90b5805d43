#!/usr/bin/env python3
"""Lets nginx, HAProxy and h11 read byte streams, and says what requests each has found.

    peers.py FOLDER        streams on standard input: NAME and bytes in hexadecimal, one a line

The servers stand in front of an origin that keeps what arrives, and listen in FOLDER; all of them
end with this process. A line of output is NAME, PEER, then each request as METHOD, TARGET,
HOST and BODY in hexadecimal, joined by colons, then how the stream ended:

    done    all of it was read, or the peer wanted no more
    waits   a request is not complete
    NNN     the peer refused with this status
"""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import h11

# The parser's limit, so that no peer refuses for another size.
HEAD_BYTES = 32768
SECONDS = 10
MARK = b"x-origin: 1"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + MARK + b"\r\n\r\n"

# Streams that a server reads at once, each on a socket with an origin of its own.
LANES = 24

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    # The host of an absolute target, where no field says it.
    map $http_host $named_host {{ default $http_host; "" $host; }}
    client_header_buffer_size 32k; large_client_header_buffers 4 32k;
    client_header_timeout 2s; client_body_timeout 2s; keepalive_timeout 200ms;
    lingering_close off;
    {lanes}
}}
"""

NGINX_LANE = """
    server {{
        listen unix:{path};
        location / {{
            proxy_pass http://unix:{path}.origin:;
            proxy_http_version 1.1;
            proxy_set_header Host $named_host;
        }}
    }}
"""

HAPROXY = """
global
    tune.bufsize 49152
    tune.maxrewrite 1024
    tune.http.maxhdr 101
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    timeout http-request 2s
    timeout http-keep-alive 200ms
    http-reuse never
    option http-buffer-request
{lanes}
"""

HAPROXY_LANE = """
listen lane-{number}
    bind unix@{path}
    server o unix@{path}.origin
"""


class Request:
    """What one message says that a connection must agree on."""

    def __init__(self, method, target, host, body):
        # An absolute target is one way to write a path.
        match = re.match(rb"(?i)https?://([^/?]*)(.*)", target, re.S)
        if match:
            target = match[2] if match[2].startswith(b"/") else b"/" + match[2]
            host = match[1] if host is None else host
        self.parts = (method, target, host or b"-", body)

    def __str__(self):
        return ":".join(part.hex() for part in self.parts)


class Origin:
    """Answers everything, and keeps the requests that arrived whole, in their order."""

    def __init__(self, path):
        self.listener = listening(path)
        self.requests = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection = self.listener.accept()[0]
            connection.settimeout(SECONDS)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        there = b""
        with connection:
            try:
                while True:
                    found = read_request(there)
                    if found:
                        self.requests.append(found[0])
                        there = found[1]
                        connection.sendall(ANSWER)
                        continue
                    more = connection.recv(65536)
                    if not more:
                        return
                    there += more
            except OSError:
                return


def read_request(there):
    """The first request in what a proxy sent, and the bytes behind it; None when it is not whole.
    Proxies write plainly: what is none of their lines is kept as it is, and equals no request."""
    head, end, rest = there.partition(b"\r\n\r\n")
    if not end:
        return None
    lines = head.split(b"\r\n")
    words = lines[0].split(b" ")
    if len(words) != 3:
        return Request(b"?", head, None, rest), b""
    fields = [line.partition(b":") for line in lines[1:]]
    named = {name.lower(): value.strip() for name, _, value in fields}
    if named.get(b"transfer-encoding", b"").lower().endswith(b"chunked"):
        found = read_chunks(rest)
    else:
        count = int(named.get(b"content-length", b"0"))
        found = (rest[:count], rest[count:]) if len(rest) >= count else None
    if found is None:
        return None
    return Request(words[0], words[1], named.get(b"host"), found[0]), found[1]


def read_chunks(rest):
    body = b""
    while True:
        size, end, rest = rest.partition(b"\r\n")
        count = int(size or b"0", 16)
        if not end or len(rest) < count + 2:
            return None
        if count == 0:
            break
        body, rest = body + rest[:count], rest[count + 2 :]
    if rest.startswith(b"\r\n"):
        return body, rest[2:]
    _, end, rest = rest.partition(b"\r\n\r\n")
    return (body, rest) if end else None


class Lane:
    """A socket of a server, and the origin behind it."""

    def __init__(self, path):
        self.path = path
        self.origin = Origin(path + ".origin")

    def read(self, stream):
        self.origin.requests.clear()
        answers = talk(self.path, stream)
        requests = list(self.origin.requests)
        # The heads of answers: none of the origin's has a body.
        heads = re.findall(rb"HTTP/1\.[01] ([2-5]\d\d)(.*?)\r\n\r\n", answers, re.S)
        refusals = [status.decode() for status, head in heads if MARK not in head.lower()]
        if refusals[:1] == ["408"] or (not heads and stream):
            return requests, "waits"
        return requests, refusals[0] if refusals else "done"


class Server:
    """A server whose lanes read streams side by side."""

    def __init__(self, name, folder, template, lane, command):
        self.name = name
        self.lanes = [Lane(f"{folder}/{name}.{number}") for number in range(LANES)]
        path = f"{folder}/{name}.conf"
        lanes = [
            lane.format(path=each.path, number=number) for number, each in enumerate(self.lanes)
        ]
        with open(path, "w", encoding="ascii") as file:
            file.write(template.format(folder=folder, lanes="".join(lanes)))
        self.process = subprocess.Popen(
            [*command, path], stdin=subprocess.DEVNULL, stdout=sys.stderr,
            preexec_fn=end_with_parent)

    def wait(self):
        started = time.monotonic()
        for lane in self.lanes:
            while not is_listening(lane.path):
                if self.process.poll() is not None or time.monotonic() - started > SECONDS:
                    sys.exit(f"peers: {self.name} does not listen")
                time.sleep(0.01)

    def end(self):
        self.process.kill()
        self.process.wait()


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def listening(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)
    return listener


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(SECONDS)
    connection.connect(path)
    return connection


def is_listening(path):
    try:
        connect(path).close()
        return True
    except OSError:
        return False


def talk(path, stream):
    """Sends a stream and reads to the end, which is the server's to make: a client that closed its
    half would take from it what it has not read yet."""
    answers = b""
    with connect(path) as connection:
        try:
            connection.sendall(stream)
            while more := connection.recv(65536):
                answers += more
        except ConnectionError:
            pass
    return answers


class H11:
    """The library, as a server would use it."""

    name = "h11"

    def __init__(self):
        self.lanes = [self]

    def read(self, stream):
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        connection.receive_data(stream)
        requests = []
        head, body = None, b""
        try:
            while True:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    there = connection.trailing_data[0].strip(b"\r\n")
                    return requests, "waits" if head or there else "done"
                if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                    return requests, "done"
                if isinstance(event, h11.Request):
                    head, body = event, b""
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    host = dict(head.headers).get(b"host")
                    requests.append(Request(head.method, head.target, host, body))
                    head = None
                    # A server's answer to CONNECT, else the connection would be a tunnel.
                    status = 405 if requests[-1].parts[0] == b"CONNECT" else 200
                    connection.send(
                        h11.Response(status_code=status, headers=[("Content-Length", "0")]))
                    connection.send(h11.EndOfMessage())
                    if connection.our_state is not h11.DONE:
                        return requests, "done"
                    connection.start_next_cycle()
        except h11.RemoteProtocolError as error:
            return requests, str(error.error_status_hint)

    def wait(self):
        pass

    def end(self):
        pass


def report(peer, lane, streams, lines):
    for name, stream in streams:
        requests, end = lane.read(stream)
        lines.append(" ".join([name, peer.name, *map(str, requests), end]))


def main():
    folder = sys.argv[1]
    streams = [line.split(" ") for line in sys.stdin.read().splitlines()]
    streams = [(name, bytes.fromhex(text)) for name, text in streams]
    peers = [
        Server("nginx", folder, NGINX, NGINX_LANE, ["/usr/sbin/nginx", "-p", folder, "-c"]),
        Server("haproxy", folder, HAPROXY, HAPROXY_LANE, ["/usr/sbin/haproxy", "-db", "-q", "-f"]),
        H11(),
    ]
    try:
        lines = []
        work = []
        for peer in peers:
            peer.wait()
            left = iter(streams)
            for lane in peer.lanes:
                arguments = (peer, lane, left, lines)
                work.append(threading.Thread(target=report, args=arguments))
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        if len(lines) != len(streams) * len(peers):
            sys.exit("peers: a peer did not come to its end")
        print("\n".join(sorted(lines)))
    finally:
        for peer in peers:
            peer.end()


if __name__ == "__main__":
    main()
