"""A worker that tells what it was asked: for the tests and benchmarks of connectors."""

import json
import os
import subprocess
import sys
import time
from threading import Thread

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from apm_module import ApmModule  # noqa: E402

TEXT = {'content-type': 'text/plain'}
JSON = {'content-type': 'application/json'}


def as_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(',', ':'))


def hello(session):
    session.write(b'hello', TEXT)
    session.close()


def size(session, count):
    session.write(b'x' * int(count), TEXT)
    session.close()


def chunks(session, count, milliseconds):
    def send():
        for index in range(int(count)):
            if index > 0:
                time.sleep(int(milliseconds) / 1000)
            session.write('chunk %d\n' % index)
        session.close()
    Thread(target=send, daemon=True).start()


def status(session, code):
    session.status(code).end('' if code in ('204', '304') else 'status ' + code)


def delay(session, milliseconds):
    def answer():
        time.sleep(int(milliseconds) / 1000)
        session.end('delayed ' + milliseconds)
    Thread(target=answer, daemon=True).start()


def hdr(session):
    session.end('', {'Set-Cookie': ['a=1', 'b=2'], 'X-Multi': ['one', 'two']})


def abort(session):
    session.close()


def close(session, code):
    session.close(code, 'closed with ' + code)


def echo(session):
    session.on_data = lambda data, is_binary: session.write(data)
    session.on_end = session.end


def whole(session):
    session.write(session.body(), TEXT)
    session.close()


def body(session, limit):
    session.end(str(len(session.body(int(limit)))))


def hold(session):
    session.on_close = lambda: print('closed')


def save(session):
    told = session.session_type + ' ' + as_json(session.session_data)
    session.session_data['kept'] = 1
    session.save_session_data()
    session.end(told)


def tell_session(session, *_):
    """Everything, by the names that the other languages have, too."""
    names = (
        'protocol', 'method', 'path', 'path_array', 'query', 'query_object', 'cookies', 'headers',
        'remoteIp', 'scheme', 'httpVersion', 'instanceId', 'sessionType', 'sessionData', 'active')
    session.end(as_json({name: getattr(session, name) for name in names}), JSON)


def inject(session):
    """What no header may hold, in three ways."""
    refusals = []
    for headers in {'x-a': 'b\nx-c: d'}, {'x-a: b\nx-c': 'd'}, {'x-a': '\u2713'}:
        try:
            session.write('', headers)
        except ValueError:
            refusals.append('refused')
    session.end(' '.join(refusals), TEXT)


def say(session):
    print('printed: \u00e9 \u2713')
    session.end('printed')


def child(session):
    """A child prints the body to the standard output that it inherits."""
    cat = subprocess.Popen(['cat'], stdin=subprocess.PIPE)
    cat.communicate(session.body())
    session.end('done')


def leave(session, code):
    session.end('exiting')
    print('exit')
    sys.exit(int(code))


def crash(session):
    raise RuntimeError('crashed as asked')


def tell(session):
    body = session.body(16777216).decode('utf-8', 'replace')
    session.write(as_json(
        {'m': session.method, 'p': session.path, 'h': session.raw_headers, 'b': body}), JSON)
    session.close()


PATHS = {
    'abort': abort, 'body': body, 'chunks': chunks, 'close': close, 'crash': crash, 'delay': delay,
    'echo': echo, 'exit': leave, 'hdr': hdr, 'hello': hello, 'hold': hold, 'inject': inject,
    'print': say, 'save': save, 'session': tell_session, 'size': size, 'status': status,
    'subprocess': child, 'whole': whole,
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
        tell(session)


ApmModule(on_connect).run()
