#!/usr/bin/env python3
"""Lets h11 read answers as a client, and says what it has found.

    client.py      answers on standard input, one a line: NAME, METHOD, `open` or `closed` for the
                   connection behind them, and bytes in hexadecimal

A line of output is NAME, the statuses joined by commas, the body, the fields and trailers as
`name: value` joined by colons, all of them in hexadecimal behind an x, then what becomes of the
connection: keeps, closes, waits for more of the answer, or broken, where the bytes are none; and
the number of bytes behind the answer that nobody asked for.
"""

import sys

import h11


def read(method, is_closed, answer):
    client = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
    client.send(h11.EndOfMessage())
    statuses, body, fields, end = [], b"", [], "waits"
    client.receive_data(answer)
    if is_closed:
        client.receive_data(b"")
    try:
        while True:
            event = client.next_event()
            if isinstance(event, (h11.InformationalResponse, h11.Response)):
                statuses.append(str(event.status_code))
                fields += event.headers
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                fields += event.headers
                end = "keeps" if client.their_state is h11.DONE else "closes"
                break
            else:
                break
    except h11.RemoteProtocolError:
        end = "broken"
    lines = ":".join((name + b": " + value).hex() for name, value in fields)
    behind = len(client.trailing_data[0])
    return [",".join(statuses), "x" + body.hex(), "x" + lines, end, str(behind)]


def main():
    for line in sys.stdin.read().splitlines():
        name, method, state, answer = line.split(" ")
        print(" ".join([name, *read(method, state == "closed", bytes.fromhex(answer))]))


if __name__ == "__main__":
    main()
