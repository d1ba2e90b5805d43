"""Connects a Python program to apm: requests come as frames on fd 0, answers leave as frames on
what was fd 1. Python 3.6 or newer and its standard library; one file, to be copied.

    from apm_module import ApmModule

    def on_connect(session):
        session.write('hello', {'content-type': 'text/plain'})
        session.close()

    ApmModule(on_connect).run()

The handlers run one after the other in the thread that called run(). Where one has to wait, in
body() or in a write() to a client that is behind, other sessions are served meanwhile. Sessions may
also be used from other threads; there, only that thread waits.

python3 apm_module.py -update replaces this file by a newer one.
"""

import atexit
import io
import itertools
import json
import os
import re
import stat
import sys
import traceback
from collections import deque
from struct import Struct
from threading import Condition, RLock, Thread, get_ident
from time import monotonic

VERSION = '3.0.0'

# Bytes that body() takes unless it is told otherwise.
BODY_BYTES = 1048576

# Kinds of frames, flags and bounds, as FRAMES.md has them.
_HELLO, _LOG, _FORGET = 0x00, 0x03, 0x04
_REQUEST, _RESPONSE, _DATA, _CREDIT, _CLOSE, _SAVE = 0x10, 0x11, 0x12, 0x14, 0x16, 0x18
_END, _RESTORED = 1, 2
_HEADER = Struct('<4sBBHIHH')
_COUNT = Struct('<I')
_MAX = 65535

_READ_BYTES = 262144
# glibc asks the kernel for large blocks and gives them back, each time, unless it has freed a
# larger one: that cost more than all the rest of a batch.
_LARGEST_BYTES = 2097152
# Seconds that a greeting may take: an apm-proxyd that hangs is replaced within 10.
_PATIENCE = 20
# Seconds that answers are held back at most, to be written together.
_HOLD = 0.002
# From here on a payload is copied once, when all is written.
_LARGE = 2048
# Handlers that wait one inside the other; requests beyond wait until these are done. And the calls
# that Python must allow for that.
_DEPTH = 100
_CALLS = 4000
# Encoded heads of answers that are remembered.
_HEADS = 256
# What the name and the value of a header may be.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z").match
_VALUE = re.compile('[\t\x20-\x7e\x80-\xff]*\\Z').match

# How far the answer of a session is: nothing, a first write that is held back for a close that may
# follow, a head that is sent, an end that waits for credit, all sent.
_NEW, _HELD, _BEGUN, _ENDING, _OVER = range(5)


class BodyTooLarge(ValueError):
    """A body has more bytes than body() was to take. The answer is a 413 unless it is caught."""


class SessionClosed(ConnectionError):
    """The client went before its body had come to the end."""


class Headers(dict):
    """Values by names in small letters; looked up without regard to case. What came several times
    is joined."""

    def __init__(self, pairs):
        for name, value in pairs:
            name = name.lower()
            if name in self:
                value = self[name] + ('; ' if name == 'cookie' else ', ') + value
            self[name] = value

    def __missing__(self, name):
        low = name.lower()
        if low == name:
            raise KeyError(name)
        return self[low]

    def __contains__(self, name):
        return dict.__contains__(self, name.lower())

    def get(self, name, default=None):
        return dict.get(self, name.lower(), default)


class ApmSession(object):
    """One HTTP request and its answer. A callback that returns without close() keeps it open."""

    # Most requests are answered at once and never touch these: they are set where they change.
    protocol = 'http'
    # on_data(data, is_binary) and on_end() are set inside the callback and get the body in pieces;
    # on_close() is called when the session is over: ended, or left by its client.
    on_data = on_end = on_close = None
    session_type = 'new'
    _state = _NEW
    _status, _reply, _held = 200, b'', b''
    # A callback of this session is at work, or has yet to return.
    _busy = True
    _listed = _end_told = _awaits_save = False
    _inbox = _queue = _kept_body = _named = _line = _fields = _number = _data = None
    _queued = _taken = 0

    def __init__(self, apm, ident, head, first, ended):
        self._apm = apm
        self._ident = ident
        self._head = head
        self._first = first
        self._ended = ended

    # The request. Its head is decoded when somebody asks.

    @property
    def method(self):
        return (self._line or self._decode_line())[0]

    @property
    def path(self):
        return (self._line or self._decode_line())[1]

    def _decode_line(self):
        head = self._head
        line = head[:head.index(b'\n')].decode('latin-1').split(' ', 1)
        self._line = line
        return line

    @property
    def query(self):
        return self.path.partition('?')[2]

    @property
    def path_array(self):
        from urllib.parse import unquote
        path = self.path.partition('?')[0]
        return [unquote(part) for part in path.split('/') if part]

    @property
    def query_object(self):
        from urllib.parse import unquote_plus
        found = {}
        for part in self.query.split('&'):
            if part:
                name, _, value = part.partition('=')
                _collect(found, unquote_plus(name), unquote_plus(value))
        return found

    @property
    def cookies(self):
        from urllib.parse import unquote
        found = {}
        for part in self.headers.get('cookie', '').split(';'):
            name, sign, value = part.partition('=')
            value = value.strip()
            if len(value) > 1 and value[0] == value[-1] == '"':
                value = value[1:-1]
            if sign:
                found.setdefault(name.strip(), unquote(value))
        return found

    @property
    def raw_headers(self):
        """The fields as pairs, in their order."""
        lines = _text(self._head).split('\n')
        return [tuple(line.split(': ', 1)) for line in lines[2:-1]]

    @property
    def headers(self):
        if self._fields is None:
            self._fields = Headers(self.raw_headers)
        return self._fields

    def _client(self):
        return _text(self._head.split(b'\n', 2)[1]).split(' ')

    @property
    def remote_ip(self):
        return self._client()[0]

    @property
    def scheme(self):
        return self._client()[1]

    @property
    def http_version(self):
        return self._client()[2]

    @property
    def instance_id(self):
        return self._apm.instance_id

    @property
    def session_id(self):
        if self._number is None:
            self._number = '%s-%d' % (self._apm._prefix, next(self._apm._ids))
        return self._number

    @property
    def active(self):
        return self._state < _ENDING

    @property
    def session_data(self):
        if self._data is None:
            self._data = {}
        return self._data

    @session_data.setter
    def session_data(self, data):
        self._data = data

    # What a handler does.

    def body(self, limit=BODY_BYTES):
        """The whole body. Waits for it; other sessions go on."""
        if self._kept_body is None:
            if self._ended and not self._listed:
                if len(self._first) > limit:
                    raise BodyTooLarge('the body has more than %d bytes' % limit)
                return self._first
            self._kept_body = self._collect_body(limit)
        return self._kept_body

    def _collect_body(self, limit):
        pieces, count, apm = [], 0, self._apm
        while True:
            with apm._lock:
                self._list()
                taken = 0
                while self._inbox:
                    pieces.append(self._inbox.popleft())
                    taken += len(pieces[-1])
                count += taken
                if count > limit:
                    raise BodyTooLarge('the body has more than %d bytes' % limit)
                if self._ended:
                    return b''.join(pieces)
                if not self.active:
                    raise SessionClosed('the session was closed before its body had come')
                self._took(taken)
            apm._wait(lambda: self._inbox or self._ended or not self.active)

    def status(self, code):
        """The status of the answer, before its first write."""
        self._refuse_late()
        self._status = _checked_status(code)
        return self

    def header(self, name, value):
        """A header of the answer, before its first write. A list makes several fields."""
        self._refuse_late()
        _encode({name: value})
        self._named = dict(self._named or {}, **{name: value})
        return self

    def write(self, data=b'', headers=None):
        """Sends a piece of the answer. The headers of the first one are those of the answer,
        `x-status` its status. Waits while the client is behind. False: the client has gone."""
        data = _octets(data)
        if self._state == _NEW:
            self._hold(data, headers)
            if self._busy and self._apm._thread == get_ident():
                return True
            data = b''
        elif headers:
            self._refuse_late()
        return self._stream(data)

    def _hold(self, data, headers):
        if self._named:
            headers = dict(self._named, **(headers or {}))
        if headers:
            status, self._reply = self._apm._encoded(headers)
            if status:
                self._status = status
        self._held = data
        self._state = _HELD

    def _refuse_late(self):
        if self._state != _NEW and self.active:
            raise ValueError('the answer has begun: too late for its status and headers')

    # HTTP's framing is the proxy's business: raw bytes are the body's.
    write_raw = write

    def _stream(self, data):
        apm = self._apm
        with apm._lock:
            if not self.active:
                return False
            self._list()
            self._begin()
            self._send()
            room = max(apm._window - len(data), 0)
            behind = self._queued > room
        if behind:
            apm._wait(lambda: self._queued <= room or not self.active)
        with apm._lock:
            if not self.active:
                return False
            if data:
                self._push(data)
            self._send()
        apm._sent()
        return True

    def end(self, data=b'', headers=None):
        """The last piece of the answer, or the only one."""
        if self._state == _NEW:
            self._hold(_octets(data), headers)
        elif data or headers:
            self.write(data, headers)
        self.close()

    def close(self, code=None, reason=None):
        """Ends the answer. Before the first write: answers with the status `code` and the text
        `reason`; without a code the session is aborted."""
        if self._state == _NEW:
            if code is None:
                self.abort()
                return
            self.status(code)
            text = 'text/plain; charset=utf-8'
            self._hold(_octets(reason or b''), {'content-type': text} if reason else None)
        apm = self._apm
        if self._state == _HELD and not self._listed and apm._thread == get_ident():
            # The usual case: a whole answer in one frame.
            held, reply = self._held, self._reply
            size = len(held)
            if size <= _MAX:
                self._state = _OVER
                head = apm._pack(
                    apm._key, _RESPONSE, _END, self._status, self._ident, len(reply), size) + reply
                if size < _LARGE:
                    apm._out.append(head + held)
                else:
                    apm._out += (head, held)
                if self.on_close:
                    self._tell_over()
                return
        self._finish()

    def _finish(self):
        apm = self._apm
        with apm._lock:
            if not self.active:
                return
            self._list()
            if self._state == _HELD and len(self._held) > _MAX and (
                    b'content-length:' not in self._reply.lower()):
                self._reply += b'content-length: %d\n' % len(self._held)
            self._begin()
            self._state = _ENDING
            self._send()
        apm._sent()
        self._tell_over()

    def abort(self):
        """Ends the session without an answer, or cuts the one that was begun."""
        with self._apm._lock:
            if self._state != _OVER:
                self._apm._frame(_CLOSE, 0, 0, self._ident)
                self._set_over()
        self._apm._sent()
        self._tell_over()

    def save_session_data(self):
        """Keeps session_data, as JSON, for the instance that gets this session after this one."""
        data = json.dumps(self.session_data, separators=(',', ':')).encode()
        if len(data) > _MAX:
            raise ValueError('session_data has %d bytes as JSON; %d may be kept'
                             % (len(data), _MAX))
        with self._apm._lock:
            if self._state != _OVER:
                self._list()
                self._apm._frame(_SAVE, 0, 0, self._ident, data)
        self._apm._sent()

    # What comes of it. Where the lock is not taken here, the caller holds it.

    def _list(self):
        """What comes for the session from now on finds it."""
        if not self._listed:
            self._listed = True
            self._inbox = deque((self._first,) if self._first else ())
            self._queue = deque()
            self._credit = self._apm._window
            self._apm._sessions[self._ident] = self

    def _set_over(self):
        self._state = _OVER
        self._queue = self._inbox = ()
        self._queued = 0
        if self._apm._sessions.get(self._ident) is self:
            del self._apm._sessions[self._ident]
        self._apm._changed.notify_all()

    def _begin(self):
        if self._state < _BEGUN:
            self._state = _BEGUN
            if self._held:
                self._push(self._held)
            self._held = b''

    def _push(self, data):
        self._queue.append(memoryview(data))
        self._queued += len(data)

    def _send(self):
        """Sends what there is credit for; the head with the first of it, the end with the last."""
        queue, ending = self._queue, self._state == _ENDING
        while True:
            kind, code, head, piece = _DATA, 0, b'', b''
            if self._reply is not None:
                kind, code, head = _RESPONSE, self._status, self._reply
            elif not (self._credit if queue else ending):
                return
            if queue and self._credit:
                piece = queue[0]
                size = min(len(piece), self._credit, _MAX)
                if size == len(piece):
                    queue.popleft()
                else:
                    queue[0] = piece[size:]
                    piece = piece[:size]
                self._credit -= size
                self._queued -= size
            self._reply = None
            last = ending and not queue
            self._apm._frame(kind, _END if last else 0, code, self._ident, piece, head)
            if last:
                self._set_over()
                return

    def _took(self, count):
        """Gives credit for what a handler has taken, a quarter of the window at once."""
        self._taken += count
        if self._taken * 4 >= self._apm._window and not self._ended and self.active:
            self._apm._frame(_CREDIT, 0, 0, self._ident, _COUNT.pack(self._taken))
            self._taken = 0

    def _keep(self):
        """A handler has returned and left the session open."""
        if self._ended and (self.on_data or self.on_end) and self._deliver_at_once():
            return
        with self._apm._lock:
            if self._state == _OVER:
                return
            self._list()
            self._release()
        self._deliver()

    def _deliver_at_once(self):
        """The whole body came with the request: most are answered here, and never listed. True: the
        session is over."""
        with self._apm._lock:
            # Nobody has begun with it, in no other thread either.
            if self._listed or self._state != _NEW:
                return False
            data, self._first = self._first, b''
        try:
            if data and self.on_data:
                self.on_data(data, True)
            if self.active and not self._queued and not self._end_told:
                self._end_told = True
                if self.on_end:
                    self.on_end()
        except Exception as error:
            self._failed(error)
        return self._state == _OVER

    def _release(self):
        """A callback has returned: no close() follows its write at once."""
        self._busy = False
        if self._state == _HELD:
            self._begin()
            self._send()

    def _arrived(self, data, ended):
        with self._apm._lock:
            if self._state == _OVER or self._ended:
                return
            if data:
                self._inbox.append(data)
            self._ended = ended
            self._apm._changed.notify_all()
        self._deliver()

    def _granted(self, count):
        with self._apm._lock:
            self._credit += count
            if self._state >= _BEGUN:
                self._send()
            self._apm._changed.notify_all()
        self._tell_over()
        self._deliver()

    def _deliver(self):
        """Hands the body to the callbacks; not while the client is behind with their answer."""
        if self._busy:
            return
        self._busy = True
        try:
            while self.active and not self._queued and (self.on_data or self.on_end):
                if self._inbox:
                    data = self._inbox.popleft()
                    if self.on_data:
                        self.on_data(data, True)
                    with self._apm._lock:
                        self._took(len(data))
                elif self._ended and not self._end_told:
                    self._end_told = True
                    if self.on_end:
                        self.on_end()
                else:
                    break
        except Exception as error:
            self._failed(error)
        with self._apm._lock:
            self._release()

    def _failed(self, error):
        """A callback threw: the client gets an answer that says so, or no end of the one it has."""
        status, text = 500, b'Internal Server Error\n'
        if isinstance(error, BodyTooLarge):
            status, text = 413, b'Content Too Large\n'
        elif not (isinstance(error, SessionClosed) and self._state == _OVER):
            traceback.print_exc()
        if self._state > _HELD:
            self.abort()
            return
        self._state = _HELD
        self._status = status
        self._reply = b'content-type: text/plain\n'
        self._held = text
        self.close()

    def _gone(self, answers):
        """The proxy has closed the session, or is no more."""
        with self._apm._lock:
            if self._state == _OVER:
                return
            if answers:
                self._apm._frame(_CLOSE, 0, 0, self._ident)
            self._set_over()
        self._tell_over()

    def _tell_over(self):
        """Calls on_close, once; not while the lock is held."""
        callback = self.on_close
        if callback and self._state == _OVER:
            self.on_close = None
            try:
                callback()
            except Exception:
                traceback.print_exc()

    remoteIp = remote_ip
    httpVersion = http_version
    rawHeaders = raw_headers
    instanceId = instance_id
    sessionId = session_id
    sessionData = session_data
    writeRaw = write_raw
    saveSessionData = save_session_data


def _alias(name):
    return property(lambda self: getattr(self, name),
                    lambda self, value: setattr(self, name, value))


ApmSession.sessionType = _alias('session_type')
ApmSession.onData = _alias('on_data')
ApmSession.onEnd = _alias('on_end')
ApmSession.onClose = _alias('on_close')


class ApmModule(object):
    """The program's side of the pipes. Construct one at the start, then call run()."""

    def __init__(self, on_connect):
        if not callable(on_connect):
            raise TypeError('ApmModule(on_connect): a function is called with each session')
        if not os.environ.get('APM'):
            _give_up('APM is not set in the environment: this program was not started by apm',
                     'start it with apm run, or from a configuration file with apm load')
        self._on_connect = on_connect
        self._lock = RLock()
        self._changed = Condition(self._lock)
        self._pid = os.getpid()
        self._thread = None
        self._pack = _HEADER.pack
        self._sessions = {}
        self._heads = {}
        # Frames to be written. Appended to without the lock, which is atomic; emptied with it.
        self._out = []
        self._flushed = 0.0
        self._delay = _HOLD
        self._buffer, self._at = b'', 0
        self._current = None
        self._depth = 0
        self._late = deque()
        self._ids = itertools.count()
        self._prefix = os.urandom(6).hex()
        self._greets = False
        self._move_input()
        self._receive_hello()
        self._move_output()

    @property
    def instance_id(self):
        return self._instance

    instanceId = instance_id

    def run(self):
        """Serves sessions until apm closes the pipe."""
        if os.getpid() != self._pid:
            raise RuntimeError('ApmModule: run() belongs to the process that constructed it')
        self._thread = get_ident()
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _CALLS))
        bytes(_LARGEST_BYTES)
        try:
            self._greet()
            # What came behind the greeting is there already.
            is_open = True
            while is_open:
                began = self._flushed
                self._handle(None)
                self._start_late()
                self._flush()
                # Where handlers are slow nobody's answer waits for the next one's.
                self._delay = _HOLD if self._flushed - began < _HOLD else 0.0
                is_open = self._read()
        except BrokenPipeError:
            # Nobody reads answers any more: the same as nobody sending requests.
            pass
        finally:
            self._leave()

    # The descriptors.

    def _move_input(self):
        """Children must not read frames: fd 0 becomes empty for them."""
        try:
            # apm makes a socket for the input, and a pipe for the output.
            mode = os.fstat(0).st_mode
            is_ours = (stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode)) and (
                stat.S_ISFIFO(os.fstat(1).st_mode))
        except OSError:
            is_ours = False
        if not is_ours:
            _give_up_greeting('standard input and output are not those that apm gives')
        self._input = _moved(0)
        os.set_blocking(self._input, True)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)

    def _move_output(self):
        """What this process, its libraries and its children print comes through a pipe of their
        own, so that it never stands in the middle of a frame."""
        out = sys.stdout
        if out is not None:
            out.flush()
        how = {'encoding': 'utf-8', 'errors': 'backslashreplace', 'line_buffering': True}
        if hasattr(out, 'reconfigure'):
            out.reconfigure(**how)
        elif hasattr(out, 'buffer'):
            # Python 3.6. The old object stays alive as sys.__stdout__.
            sys.stdout = io.TextIOWrapper(out.buffer, **how)
        self._output = _moved(1)
        os.set_blocking(self._output, True)
        reading, writing = os.pipe()
        try:
            # A library that prints and keeps the interpreter's lock could not be read from: room
            # for all that one may sensibly say. 1031 is F_SETPIPE_SZ.
            import fcntl
            fcntl.fcntl(writing, 1031, 1 << 20)
        except OSError:
            pass
        os.dup2(writing, 1)
        os.close(writing)
        self._printer = Thread(target=self._forward_prints, args=(reading,), daemon=True)
        self._printer.start()
        # For a program that ends before it calls run().
        atexit.register(self._leave)

    def _forward_prints(self, reading):
        while True:
            text = os.read(reading, _MAX)
            if not text:
                break
            try:
                with self._lock:
                    if self._greets:
                        self._frame(_LOG, 0, 0, 0, text)
                        self._flush()
                    else:
                        self._write(text)
            except OSError:
                break
        os.close(reading)

    def _leave(self):
        """Prints go where they went before; those on their way are waited for."""
        if os.getpid() != self._pid:
            return
        self._lose_sessions()
        try:
            self._flush()
            if sys.stdout is not None:
                sys.stdout.flush()
        except (OSError, ValueError):
            pass
        # The last writer of the pipe for prints is gone, unless a child lives on.
        os.dup2(self._output, 1)
        self._printer.join(1)

    # Frames.

    def _frame(self, kind, flags, code, ident, payload=b'', head=b''):
        header = self._pack(self._key, kind, flags, code, ident, len(head), len(payload))
        self._out += (header + head, payload)

    def _flush(self):
        if os.getpid() != self._pid:
            # A child that was forked in a handler and has come back here.
            os._exit(0)
        with self._lock:
            out = self._out
            size = len(out)
            if size:
                data = b''.join(out[:size])
                del out[:size]
                self._write(data)
            self._flushed = monotonic()

    def _write(self, data):
        done = os.write(self._output, data)
        while done < len(data):
            data = memoryview(data)[done:]
            done = os.write(self._output, data)

    def _sent(self):
        """Frames were added outside the usual way: they are written now, unless the loop will do
        it in a moment."""
        if self._thread != get_ident() or monotonic() - self._flushed >= self._delay:
            self._flush()

    def _read(self):
        more = os.read(self._input, _READ_BYTES)
        rest = self._buffer[self._at:]
        self._buffer, self._at = rest + more if rest else more, 0
        # A batch begins: what it holds back is younger than this.
        self._flushed = monotonic()
        return len(more) > 0

    def _receive_hello(self):
        from select import POLLIN, poll
        poller = poll()
        poller.register(self._input, POLLIN)
        until = monotonic() + _PATIENCE
        while True:
            buffer = self._buffer
            if len(buffer) >= _HEADER.size:
                key, kind, _, version, _, heads, _ = _HEADER.unpack_from(buffer)
                if kind != _HELLO or key[0] < 0xF8:
                    _give_up_greeting('what comes on standard input is not from apm')
                if version != 1:
                    _give_up('apm speaks version %d of the frames, this connector 1' % version,
                             'update it: python3 %s -update' % os.path.realpath(__file__))
                if len(buffer) >= _HEADER.size + heads:
                    break
            left = until - monotonic()
            if left <= 0 or not poller.poll(left * 1000):
                _give_up_greeting('apm does not speak on standard input')
            if not self._read():
                _give_up_greeting('standard input ended before apm said anything')
        self._key = key
        self._at = _HEADER.size + heads
        self._take_hello(buffer[_HEADER.size:self._at])

    def _take_hello(self, head):
        fields = dict(line.split(': ', 1) for line in _text(head).split('\n') if ': ' in line)
        try:
            self._instance = str(int(fields['instance']))
            self._window = int(fields['window'])
        except (KeyError, ValueError):
            _give_up('the greeting of apm lacks the instance or the window',
                     'update the connector: python3 apm_module.py -update')

    def _greet(self):
        with self._lock:
            self._frame(_HELLO, 0, 1, 0, b'', b'connector: python %s\n' % VERSION.encode())
            self._flush()
            self._greets = True

    def _handle(self, is_ready):
        """Handles the frames that are there; leaves early when what a handler waits for is so."""
        unpack, size, sessions = _HEADER.unpack_from, _HEADER.size, self._sessions
        connect, key = self._on_connect, self._key
        while True:
            # A handler that waits calls this again: where to go on is kept in the object.
            buffer, at = self._buffer, self._at
            start = at + size
            if start > len(buffer):
                return
            found, kind, flags, _, ident, heads, payloads = unpack(buffer, at)
            middle = start + heads
            end = middle + payloads
            if found != key:
                _give_up('what came on standard input is no frame',
                         'another part of the program reads it, or apm has a mistake: see its log')
            if end > len(buffer):
                return
            self._at = end
            if kind == _REQUEST:
                session = ApmSession(
                    self, ident, buffer[start:middle], buffer[middle:end], flags & _END)
                if is_ready is not None or flags & _RESTORED:
                    self._start_aside(session, flags)
                else:
                    self._current = session
                    try:
                        connect(session)
                    except Exception as error:
                        session._failed(error)
                    if session._state != _OVER:
                        session._keep()
                    if monotonic() - self._flushed >= self._delay:
                        self._flush()
            else:
                session = sessions.get(ident)
                if session is not None:
                    self._take(session, kind, flags, buffer[middle:end])
                elif kind == _FORGET:
                    self._forget()
                elif kind == _HELLO:
                    self._take_hello(buffer[start:middle])
                    self._greet()
            if is_ready is not None and is_ready():
                return

    def _start_aside(self, session, flags):
        """A request whose session has a past, or that comes while a handler waits."""
        with self._lock:
            session._list()
        if flags & _RESTORED:
            session.session_type = 'restored'
            session._awaits_save = True
        else:
            self._start_or_wait(session)

    def _start_or_wait(self, session):
        if self._depth > _DEPTH:
            self._late.append(session)
        else:
            self._start(session)

    def _start_late(self):
        while self._late and self._depth <= _DEPTH:
            self._start(self._late.popleft())

    def _start(self, session):
        if session._state == _OVER:
            return
        self._current = session
        try:
            self._on_connect(session)
        except Exception as error:
            session._failed(error)
        session._keep()

    def _take(self, session, kind, flags, payload):
        if kind == _DATA:
            session._arrived(payload, flags & _END)
        elif kind == _CREDIT and len(payload) == _COUNT.size:
            session._granted(_COUNT.unpack(payload)[0])
        elif kind == _CLOSE:
            session._gone(True)
        elif kind == _SAVE and session._awaits_save:
            session._awaits_save = False
            try:
                session.session_data = json.loads(payload.decode())
            except ValueError:
                sys.stderr.write('apm_module: what was kept with a session is no JSON\n')
            self._start_or_wait(session)

    def _forget(self):
        """All sessions are gone; nothing may be said of them."""
        with self._lock:
            del self._out[:]
        self._lose_sessions()

    def _lose_sessions(self):
        for session in list(self._sessions.values()):
            session._gone(False)

    def _wait(self, is_ready):
        """Returns when something is so that frames bring about."""
        if self._thread != get_ident():
            self._flush()
            with self._changed:
                while not is_ready():
                    self._changed.wait()
            return
        current = self._current
        if current._state != _OVER:
            with self._lock:
                current._list()
        self._depth += 1
        try:
            while not is_ready():
                self._handle(is_ready)
                self._start_late()
                if is_ready():
                    break
                self._flush()
                if not self._read():
                    self._lose_sessions()
        finally:
            self._depth -= 1
            self._current = current

    def _encoded(self, headers):
        """The status and the head of an answer. Most programs have few different ones."""
        try:
            fields = tuple(headers.items())
            known = self._heads.get(fields)
        except TypeError:
            known = fields = None
        if known is None:
            known = _encode(headers)
            # What is equal but looks different, as 1 and True, is not remembered.
            if fields and all(value.__class__ is str for _, value in fields):
                if len(self._heads) >= _HEADS:
                    self._heads.clear()
                self._heads[fields] = known
        return known


def _encode(headers):
    status, lines = None, []
    for name, values in headers.items():
        if name.lower() == 'x-status':
            status = _checked_status(values)
            continue
        if not _TOKEN(name):
            raise ValueError('%r is no name of a header' % name)
        for value in values if isinstance(values, (list, tuple)) else (values,):
            value = _text(value) if isinstance(value, bytes) else str(value)
            if not _VALUE(value):
                raise ValueError('header %s: %r has characters that no header may have'
                                 % (name, value))
            lines.append('%s: %s\n' % (name, value))
    head = ''.join(lines).encode('latin-1')
    if len(head) > _MAX:
        raise ValueError('the headers have %d bytes; %d may be sent' % (len(head), _MAX))
    return status, head


def _checked_status(value):
    status = int(value)
    if not 200 <= status <= 599:
        raise ValueError('%d is no status of an answer; 200 to 599 are' % status)
    return status


def _octets(data):
    if data.__class__ is bytes:
        return data
    if data.__class__ is str:
        return data.encode('utf-8', 'surrogateescape')
    # A copy: what is held back must not change meanwhile.
    return bytes(memoryview(data))


def _text(octets):
    return octets.decode('latin-1')


def _collect(found, name, value):
    """Adds a value; several of one name become a list."""
    if name not in found:
        found[name] = value
    elif isinstance(found[name], list):
        found[name].append(value)
    else:
        found[name] = [found[name], value]


def _moved(descriptor):
    """A copy that programs do not stumble over and children do not get."""
    import fcntl
    try:
        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 500)
    except OSError:
        return os.dup(descriptor)


def _give_up(what, remedy):
    sys.stderr.write('apm_module: %s\n  %s\n' % (what, remedy))
    sys.exit(1)


def _give_up_greeting(what):
    _give_up(what, 'set server, or connector true, for this worker; then apm restart it')


# python3 apm_module.py -update

_INSTALLED = '/usr/share/apm/connectors'
_NAME = 'apm_module.py'


def _update():
    """Replaces this file by the one that APM_CONNECTOR_URL or the installed folder has."""
    import tempfile
    from http.client import HTTPException
    path = os.path.realpath(__file__)
    source = os.environ.get('APM_CONNECTOR_URL') or 'file://' + _INSTALLED
    with open(path, 'rb') as file:
        own = file.read()
    try:
        new = _fetch(source)
        version = _version(new)
    except (OSError, ValueError, HTTPException) as error:
        _give_up('no newer connector from %s: %s' % (source, error),
                 'set APM_CONNECTOR_URL to the https://, http:// or file:// folder that has %s'
                 % _NAME)
    if new == own:
        print('%s %s is up to date' % (_NAME, VERSION))
        return
    if _numbers(version) < _numbers(VERSION):
        _give_up('%s has version %s, older than %s' % (source, version, VERSION),
                 'copy it over this file if that is what you want')
    try:
        descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix='.apm_module.')
        try:
            with os.fdopen(descriptor, 'wb') as file:
                file.write(new)
                file.flush()
                os.fchmod(descriptor, stat.S_IMODE(os.stat(path).st_mode))
                os.fsync(descriptor)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        _give_up('cannot replace %s: %s' % (path, error), 'run this as its owner')
    print('%s: %s -> %s' % (_NAME, VERSION, version))


def _fetch(source):
    scheme = source.split('://', 1)[0].lower()
    if scheme not in ('https', 'http', 'file'):
        raise ValueError('it is no URL of https, http or file')
    from urllib.request import urlopen
    with urlopen(source.rstrip('/') + '/' + _NAME, timeout=30) as answer:
        if scheme == 'https' and not answer.geturl().lower().startswith('https:'):
            raise ValueError('it leads away from https')
        data = answer.read((1 << 20) + 1)
    if len(data) > 1 << 20:
        raise ValueError('it is too large')
    return data


def _version(data):
    """The version of a connector; throws unless the bytes are one, whole and for this Python."""
    try:
        compile(data, _NAME, 'exec')
    except (SyntaxError, ValueError) as error:
        raise ValueError('it is no Python file: %s' % error)
    found = re.search(rb"^VERSION = '([0-9]+\.[0-9]+\.[0-9]+)'$", data, re.M)
    is_whole = data.endswith(b"\n    _update()\n")
    if not found or not is_whole or not re.search(rb'^class ApmModule\b', data, re.M):
        raise ValueError('it is no %s, or a part of one' % _NAME)
    return found.group(1).decode()


def _numbers(version):
    return [int(part) for part in version.split('.')]


if __name__ == '__main__':
    if sys.argv[1:] != ['-update']:
        _give_up('this file is imported by a program: from apm_module import ApmModule',
                 'python3 apm_module.py -update replaces it by a newer one')
    _update()
