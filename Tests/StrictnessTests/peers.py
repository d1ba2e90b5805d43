#!/usr/bin/env python3
"""Lets nginx, HAProxy and h11 read byte streams, and says what requests each has found.

    peers.py FOLDER        streams on standard input: NAME and bytes in hexadecimal, one a line

The servers stand in front of an origin that keeps what arrives, on free ports of loopback; all of
them end with this process. A line of output is NAME, PEER, then each request as METHOD, TARGET,
HOST and BODY in hexadecimal, joined by colons, then how the stream ended:

    done    all of it was read, or the peer wanted no more
    waits   a request is not complete (h11; from the others it is a refusal)
    NNN     the peer refused with this status; 0 without an answer
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

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_header_buffer_size 32k; large_client_header_buffers 4 32k;
    server {{
        listen 127.0.0.1:{port};
        lingering_close off;
        location / {{
            proxy_pass http://127.0.0.1:{origin};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            # The client closes its half behind the last byte and still waits for answers.
            proxy_ignore_client_abort on;
        }}
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
    option http-buffer-request
frontend f
    bind 127.0.0.1:{port}
    default_backend b
backend b
    http-reuse never
    server o 127.0.0.1:{origin}
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

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
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


class Server:
    """A server of its own with an origin behind it."""

    def __init__(self, name, folder, template, command):
        self.name = name
        self.origin = Origin()
        self.port = free_port()
        path = f"{folder}/{name}.conf"
        text = template.format(folder=folder, port=self.port, origin=self.origin.port)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        self.process = subprocess.Popen(
            [*command, path], stdin=subprocess.DEVNULL, stdout=sys.stderr,
            preexec_fn=end_with_parent)

    def wait(self):
        started = time.monotonic()
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() - started > SECONDS:
                    sys.exit(f"peers: {self.name} does not listen")
                time.sleep(0.01)

    def read(self, stream):
        self.origin.requests.clear()
        answers = talk(self.port, stream)
        requests = list(self.origin.requests)
        # The heads of answers: none of the origin's has a body.
        heads = re.findall(rb"HTTP/1\.[01] ([2-5]\d\d)(.*?)\r\n\r\n", answers, re.S)
        refusals = [status for status, head in heads if MARK not in head.lower()]
        if refusals:
            return requests, refusals[0].decode()
        is_silent = not heads and stream.strip(b"\r\n")
        return requests, "0" if is_silent else "done"

    def end(self):
        self.process.kill()
        self.process.wait()


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def talk(port, stream):
    """Sends a stream, closes that half, and reads to the end."""
    answers = b""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        try:
            connection.sendall(stream)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        try:
            while more := connection.recv(65536):
                answers += more
        except ConnectionError:
            pass
    return answers


class H11:
    """The library, as a server would use it."""

    name = "h11"

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

    def end(self):
        pass


def report(peer, streams, lines):
    for name, stream in streams:
        requests, end = peer.read(stream)
        lines.append(" ".join([name, peer.name, *map(str, requests), end]))


def main():
    folder = sys.argv[1]
    streams = [line.split(" ") for line in sys.stdin.read().splitlines()]
    streams = [(name, bytes.fromhex(text)) for name, text in streams]
    peers = [
        Server("nginx", folder, NGINX, ["/usr/sbin/nginx", "-p", folder, "-c"]),
        Server("haproxy", folder, HAPROXY, ["/usr/sbin/haproxy", "-db", "-q", "-f"]),
        H11(),
    ]
    try:
        for peer in peers[:2]:
            peer.wait()
        lines = [[] for _ in peers]
        work = [
            threading.Thread(target=report, args=(peer, streams, kept))
            for peer, kept in zip(peers, lines)
        ]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        for kept in lines:
            if len(kept) != len(streams):
                sys.exit("peers: a peer did not come to its end")
            print("\n".join(kept))
    finally:
        for peer in peers:
            peer.end()


if __name__ == "__main__":
    main()
