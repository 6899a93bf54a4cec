"""A small client library for Tern, written from docs/protocol.md.

Python 3.9 or newer and `msgpack` (pip install msgpack); everything else is in the standard library.

    client = Client("127.0.0.1", 4000)
    client.login("yoda", "wise")
    client.say("#lobby", "hello all")
    for message in client.events():
        print(message)

One thread: the socket and whatever else is watched wait in one selector. A TLS connection must not be used by two
threads at once.
"""

import hashlib
import os
import selectors
import socket
import ssl
import struct
import time
import unicodedata

import msgpack

PROTO = 1
ALPN = "tern/1"
FRAME_BEFORE_LOGIN = 4096
FRAME_AFTER_LOGIN = 65536
PING_AFTER = 15.0
DEAD_AFTER = 35.0
CONNECT_TIMEOUT = 10.0
MARKS = 8


class TernError(Exception):
    """Anything that ends the connection."""


class KeyMismatch(TernError):
    """The server has another key than the one that was asked for."""


class Refused(TernError):
    """A request was refused: `code` is for programs, the text for people, `answer` has the rest."""

    def __init__(self, answer):
        super().__init__(safe(answer.get("text") or answer["code"]))
        self.code = answer["code"]
        self.answer = answer


# --- Frames -------------------------------------------------------------------------------------------------------


def encode(message):
    """A message (a dict with the key `t`) as a frame."""
    body = msgpack.packb(message, use_bin_type=True)
    return struct.pack(">I", len(body)) + body


def decode(body):
    """The body of a frame as a dict. Trailing bytes, bad UTF-8 and bodies that are no map are errors."""
    try:
        message = msgpack.unpackb(body, raw=False, strict_map_key=True)
    except Exception as error:  # msgpack has no common base class for what bad bytes cause
        raise TernError(f"cannot decode frame: {error}") from error
    if not isinstance(message, dict) or not isinstance(message.get("t"), str):
        raise TernError("frame is not a message")
    return message


def take_frame(buffer, limit):
    """Takes the first whole body out of a bytearray, or returns None while there is none."""
    if len(buffer) < 4:
        return None
    (length,) = struct.unpack_from(">I", buffer)
    if not 1 <= length <= limit:
        raise TernError(f"frame of {length} bytes, the limit is {limit}")
    if len(buffer) < 4 + length:
        return None
    body = bytes(buffer[4 : 4 + length])
    del buffer[: 4 + length]
    return body


def new_cid(ms=None, tail=None):
    """A UUID version 7 (RFC 9562) as 16 bytes: 48 bits of milliseconds, then random bits around version and variant.

    With `ms` and ten bytes of `tail` given, the same ones make the same id.
    """
    ms = int(time.time() * 1000) if ms is None else ms
    raw = bytearray(ms.to_bytes(6, "big") + (tail or os.urandom(10)))
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    return bytes(raw)


# --- The server's key ---------------------------------------------------------------------------------------------


def der_element(data, at):
    """The element of DER that begins at `at`: (tag, where its content begins, where it ends)."""
    tag, length, start = data[at], data[at + 1], at + 2
    if length >= 0x80:  # long form: the low bits say how many bytes hold the length
        count = length & 0x7F
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    if start + length > len(data):
        raise TernError("the server's certificate is cut off")
    return tag, start, start + length


def public_key(certificate):
    """The SubjectPublicKeyInfo of a certificate, both in DER.

    RFC 5280, section 4.1: the certificate is a sequence whose first element, tbsCertificate, is a sequence of: version
    (tag 0xa0, may be missing), serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo.
    """
    try:
        _, at, _ = der_element(certificate, 0)
        _, at, _ = der_element(certificate, at)
        tag, _, end = der_element(certificate, at)
        skip = 5 if tag != 0xA0 else 6
        for _ in range(skip):
            _, _, at = der_element(certificate, at)
        _, _, end = der_element(certificate, at)
    except IndexError as error:
        raise TernError("the server's certificate is cut off") from error
    return certificate[at:end]


def fingerprint_of(certificate):
    """SHA-256 of the server's public key, 64 hexadecimal digits."""
    return hashlib.sha256(public_key(certificate)).hexdigest()


def parse_fingerprint(text):
    """A fingerprint as people write it: upper or lower case, with `SHA256:` or colons."""
    digits = text.strip().lower()
    if digits.startswith("sha256:"):
        digits = digits[len("sha256:") :]
    digits = digits.replace(":", "")
    if len(digits) != 64 or any(c not in "0123456789abcdef" for c in digits):
        raise ValueError("a fingerprint has 64 hexadecimal digits")
    return digits


def tls_context():
    """TLS 1.3 with ALPN. The certificate is self-signed, so no authority is asked: the fingerprint is what counts.

    The handshake still proves that the server holds the key of the certificate it shows.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([ALPN])
    return context


# --- Safe text ----------------------------------------------------------------------------------------------------

# Letters, symbols and marks that show nothing, and selectors.
INVISIBLE = set(
    [0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0x13441, 0x13442, 0x16FE4, 0x1D159]
    + list(range(0x180B, 0x1810))
    + list(range(0xFE00, 0xFE10))
)


def safe(text, lines="one"):
    """Makes a text from outside harmless for a terminal. With lines="many" newlines stay.

    Simpler than the clients of this repository: joiners and selectors are written out everywhere, also in emoji.
    """
    out = []
    marks = MARKS  # nothing to stand on yet
    if lines == "many":
        text = text.replace("\r\n", "\n")
    for c in text:
        code, category = ord(c), unicodedata.category(c)
        if c == "\n" and lines == "many":
            out.append(c)
            marks = MARKS
        elif c == "\t":
            out.append("    ")
            marks = MARKS
        elif category[0] == "M" and marks < MARKS and code not in INVISIBLE:
            out.append(c)
            marks += 1
        elif is_unsafe(code, category):
            out.append(visible(code))
            marks = MARKS
        else:
            out.append(c)
            marks = 0
    return "".join(out)


def is_unsafe(code, category):
    if category == "Zs":
        return code not in (0x20, 0xA0, 0x3000)
    return (
        category[0] in "CM"  # control, format, private, unassigned; marks that were not shown already
        or category in ("Zl", "Zp")
        or code in INVISIBLE
        or 0xE0000 <= code <= 0xE0FFF
    )


def visible(code):
    if code < 0x20:
        return "^" + chr(code + 0x40)
    return "^?" if code == 0x7F else f"<U+{code:04X}>"


# --- The client ---------------------------------------------------------------------------------------------------


class Client:
    """One connection: greeted, with a known key, ready for `login` or `register`."""

    def __init__(self, host, port, fingerprint=None, program="tern-python 1"):
        self.selector = selectors.DefaultSelector()
        self.sock = None
        self.limit = FRAME_BEFORE_LOGIN
        self.incoming = bytearray()
        self.outgoing = bytearray()
        self.waiting = []  # messages that arrived while an answer was waited for
        self.next_id = 0
        self.shown_up_to = {}  # conversation -> highest seq shown
        self.name = None
        self.leaving = False  # `logout` was said: the end of the connection is no surprise
        try:
            self.fingerprint = self._connect(host, port, fingerprint)
            self.heard = self.pinged = time.monotonic()
            self.send({"t": "hello", "proto_min": PROTO, "proto_max": PROTO, "client": program, "caps": ""})
            self.welcome = self._wait_for(lambda message: message["t"] in ("welcome", "refuse"))
            if self.welcome["t"] == "refuse":
                raise Refused(self.welcome)
        except BaseException:
            self.close()
            raise

    def _connect(self, host, port, fingerprint):
        expected = parse_fingerprint(fingerprint) if fingerprint else None
        plain = socket.create_connection((host, port), timeout=CONNECT_TIMEOUT)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock = tls_context().wrap_socket(plain)  # takes the socket over
        except ssl.SSLError as error:
            plain.close()
            raise TernError(f"this is no Tern server: {error}") from error
        if self.sock.selected_alpn_protocol() != ALPN:
            raise TernError("this is no Tern server: it does not speak " + ALPN)
        found = fingerprint_of(self.sock.getpeercert(binary_form=True))
        if expected not in (None, found):
            raise KeyMismatch(f"the server has another key: expected {expected}, found {found}")
        self.sock.setblocking(False)
        self.selector.register(self.sock, selectors.EVENT_READ, None)
        return found

    # Requests

    def login(self, name, password):
        """Logs in and returns `logged_in`; raises Refused. What comes after it comes out of `events`."""
        return self._enter("login", name, password)

    def register(self, name, password):
        """Makes an account and logs in with it, like `login`."""
        return self._enter("register", name, password)

    def _enter(self, kind, name, password):
        number = self.request(kind, name=name, password=password)
        answer = self._wait_for(lambda message: message.get("re") == number)
        if answer["t"] != "logged_in":
            raise Refused(answer)
        self.name = answer["name"]
        return answer

    def say(self, to, text, kind="text", cid=None):
        """Sends a text to `#lobby` or `@name` and returns the number of the request.

        The answer (`sent` or `error`) comes out of `events`. To send the same text again after a broken connection, give
        the `cid` of the first time.
        """
        message = {"cid": cid or new_cid(), "to": to, "text": text}
        if kind != "text":
            message["kind"] = kind
        return self.request("send", **message)

    def shown(self, message):
        """The text was shown: it will not be delivered again."""
        conv, seq = message["conv"], message["seq"]
        self.shown_up_to[conv] = max(seq, self.shown_up_to.get(conv, 0))
        if conv.startswith("@"):
            self.send({"t": "ack", "conv": conv, "seq": seq})

    def request(self, kind, **fields):
        """Sends any request and returns its number, which the answer repeats as `re`."""
        self.next_id += 1
        self.leaving = self.leaving or kind == "logout"
        self.send({"t": kind, "id": self.next_id, **fields})
        return self.next_id

    def send(self, message):
        """Sends any message."""
        self.outgoing += encode(message)
        self._flush()

    # Events

    def events(self):
        """Everything the server says, as it comes; ends when the server closes the connection after `bye`.

        Pings are answered, doubles of messages dropped, kinds that are not known yet passed on: ignore those.
        """
        while True:
            while self.waiting:
                message = self.waiting.pop(0)
                if message["t"] == "message" and message["seq"] <= self.shown_up_to.get(message["conv"], 0):
                    continue
                yield message
                if message["t"] == "bye":
                    return
            self._turn()

    def watch(self, fileobj, callback):
        """Calls `callback` whenever `fileobj` (a socket) can be read, while `events` waits."""
        self.selector.register(fileobj, selectors.EVENT_READ, callback)

    def close(self):
        """Closes the connection, whatever its state."""
        self.selector.close()
        if self.sock is not None:
            self.sock.close()

    # The connection

    def _wait_for(self, wanted):
        deadline = time.monotonic() + 2 * CONNECT_TIMEOUT
        seen = 0
        while time.monotonic() < deadline:
            for at in range(seen, len(self.waiting)):
                if wanted(self.waiting[at]):
                    return self.waiting.pop(at)
                if self.waiting[at]["t"] in ("error", "bye") and self.waiting[at].get("re") is None:
                    raise TernError("the server ended the connection: " + safe(str(self.waiting[at])))
            seen = len(self.waiting)
            self._turn()
        raise TernError("no answer in time")

    def _turn(self):
        """Waits for something to happen, at most a second, and keeps the connection alive."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.outgoing else 0)
        self.selector.modify(self.sock, events, None)
        for key, _ in self.selector.select(1.0):
            if key.data is None:
                self._flush()
                self._read()
            else:
                key.data()
        now = time.monotonic()
        if now - self.heard > DEAD_AFTER:
            raise TernError("the server does not answer any more")
        if now - max(self.heard, self.pinged) > PING_AFTER:
            self.pinged = now
            self.send({"t": "ping", "n": int(now)})

    def _read(self):
        while True:
            try:
                data = self.sock.recv(65536)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            except (OSError, ssl.SSLError) as error:
                return self._ended(str(error))
            if not data:
                return self._ended("the server closed it")
            self.heard = time.monotonic()
            self.incoming += data
            self._take_frames()

    def _ended(self, why):
        if any(message["t"] == "bye" for message in self.waiting):
            return
        if not self.leaving:
            raise TernError("connection lost: " + why)
        self.waiting.append({"t": "bye", "reason": "logged-out"})

    def _take_frames(self):
        while (body := take_frame(self.incoming, self.limit)) is not None:
            message = decode(body)
            if message["t"] == "ping":
                self.send({"t": "pong", "n": message["n"]})
                continue
            if message["t"] == "logged_in":
                self.limit = FRAME_AFTER_LOGIN
            if message["t"] != "pong":
                self.waiting.append(message)

    def _flush(self):
        while self.outgoing:
            try:
                del self.outgoing[: self.sock.send(self.outgoing)]
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except (OSError, ssl.SSLError) as error:
                self.outgoing.clear()
                self._ended(str(error))
