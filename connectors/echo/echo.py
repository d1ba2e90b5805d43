"""A worker for tests and benchmarks: says what it was asked, or what its path tells it to."""

import json
import os
import subprocess
import sys
import time
from threading import Thread

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from apm_module import ApmModule  # noqa: E402


def hello(session):
    session.write(b'hello', {'content-type': 'text/plain'})
    session.close()


def size(session, count):
    session.write(b'x' * int(count), {'content-type': 'application/octet-stream'})
    session.close()


def chunks(session, count, milliseconds):
    def send():
        for _ in range(int(count)):
            session.write('chunk\n')
            time.sleep(int(milliseconds) / 1000)
        session.close()
    Thread(target=send, daemon=True).start()


def status(session, code):
    session.write('status %s\n' % code, {'x-status': code})
    session.close()


def delay(session, milliseconds):
    def answer():
        time.sleep(int(milliseconds) / 1000)
        session.write('late\n')
        session.close()
    Thread(target=answer, daemon=True).start()


def hdr(session):
    session.write('headers\n', {
        'Set-Cookie': ['a=1; Path=/', 'b=2; Path=/'],
        'X-Multi': ['one', 'two'],
    })
    session.close()


def abort(session):
    session.abort()


def echo(session):
    session.write(b'', {'content-type': 'application/octet-stream'})
    session.on_data = lambda data, is_binary: session.write(data)
    session.on_end = session.close


def say(session):
    print('printed')
    session.write('printed\n')
    session.close()


def child(session):
    """Bytes that begin like a frame, with the key of the tests, from a child's standard output."""
    subprocess.call(['printf', r'\371\061\172\134\021\001\310\000child\n'])
    session.write('child\n')
    session.close()


def throw(session):
    raise RuntimeError('thrown on request')


def describe(session):
    body = session.body()
    session.write(json.dumps({
        'm': session.method,
        'p': session.path,
        'h': session.raw_headers,
        'b': body.decode('utf-8', 'replace'),
    }), {'content-type': 'application/json'})
    session.close()


PATHS = {
    'hello': hello, 'size': size, 'chunks': chunks, 'status': status, 'delay': delay, 'hdr': hdr,
    'abort': abort, 'echo': echo, 'print': say, 'subprocess': child, 'throw': throw,
}


def on_connect(session):
    path = session.path
    if path == '/hello':
        hello(session)
        return
    _, name, *words = path.partition('?')[0].split('/')
    if name in PATHS:
        PATHS[name](session, *words)
    else:
        describe(session)


ApmModule(on_connect).run()
