#!/usr/bin/env python3
"""Compares this library with the golden files of the repository: python3 test_golden.py

Every golden frame is decoded and encoded again with equal meaning; what a client builds for hello, login and send equals the
samples; safe text and the fingerprint of a certificate are checked on fixed examples. Exits with 0 if all is well.
"""

import pathlib
import sys
import unittest

import tern

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "shared" / "tests" / "golden" / "v1"

CID = bytes.fromhex("019aa0c45e0070008000001b63ff0a00")

# What Python has to say to mean the same as the samples.
BUILT = {
    "client/hello": {"t": "hello", "proto_min": 1, "proto_max": 1, "client": "tern 0.1.0", "caps": ""},
    "client/login": {"t": "login", "id": 7, "name": "yoda", "password": "wise"},
    "client/register": {"t": "register", "id": 7, "name": "Leia", "password": "alderaan"},
    "client/send": {"t": "send", "id": 7, "cid": CID, "to": "@hans", "text": "Grüße 👋\nzwei"},
    "client/send-action": {"t": "send", "id": 7, "cid": CID, "to": "#lobby", "text": "waves", "kind": "me"},
    "client/ack": {"t": "ack", "conv": "@hans", "seq": 300},
    "client/pong": {"t": "pong", "n": 70000},
    "client/logout": {"t": "logout", "id": 7},
}

# A self-signed certificate (P-256) and the SHA-256 of its key as `openssl pkey -pubin -outform DER | sha256sum` says it.
CERTIFICATE = bytes.fromhex(
    "3082018330820129a00302010202141d7f4d661e95434f4204851af6ab32fd842cad91300a06082a8648ce3d040302301731"
    "15301306035504030c0c7465726e2e696e76616c6964301e170d3236313132313030303432385a170d333631313138303030"
    "3432385a30173115301306035504030c0c7465726e2e696e76616c69643059301306072a8648ce3d020106082a8648ce3d03"
    "0107034200044429bfc5abd6bcc60b80c913e9c36622120373a84c61a021997682f73354910c1c89b4e9afc28520677cb35d"
    "4cc26cfaad7a010670c8a5012ff3934150a3cef1a3533051301d0603551d0e04160414bcf9dcd87e3ffea8b5dbc4645f9098"
    "ba152955c9301f0603551d23041830168014bcf9dcd87e3ffea8b5dbc4645f9098ba152955c9300f0603551d130101ff0405"
    "30030101ff300a06082a8648ce3d040302034800304502210083bb8da86278e38c3115b7cc38416b51b1ba9d5baf52ba5377"
    "7281e5bf51249202200259fe22473aafeaf03a063d718a93ae6fd5030160dd30a48ed19b4b895bd49b"
)
KEY_HASH = "6986c524d08929dc8304a3edbb1e254053a16acb4320560ab77758bcee62f16a"


def golden():
    for path in sorted(GOLDEN.glob("*/*.hex")):
        yield f"{path.parent.name}/{path.stem}", bytes.fromhex("".join(path.read_text().split()))


class Golden(unittest.TestCase):
    def test_every_frame_is_read_and_written_with_equal_meaning(self):
        names = set()
        for name, frame in golden():
            with self.subTest(name):
                buffer = bytearray(frame)
                message = tern.decode(tern.take_frame(buffer, tern.FRAME_BEFORE_LOGIN))
                self.assertEqual(buffer, b"")
                self.assertEqual(message["t"], name.split("/")[1].split("-")[0])
                again = bytearray(tern.encode(message))
                self.assertEqual(tern.decode(tern.take_frame(again, tern.FRAME_BEFORE_LOGIN)), message)
                names.add(name)
        self.assertGreater(len(names), 40, "the golden files are missing")

    def test_what_python_says_is_what_the_samples_say(self):
        frames = dict(golden())
        for name, message in BUILT.items():
            with self.subTest(name):
                self.assertEqual(tern.decode(frames[name][4:]), message)
                self.assertEqual(sorted(tern.encode(message)), sorted(frames[name]), "other bytes than in Rust")


class Frames(unittest.TestCase):
    def test_a_frame_is_found_however_it_is_cut(self):
        frame = tern.encode({"t": "who", "id": 1})
        for cut in range(len(frame)):
            buffer = bytearray(frame[:cut])
            self.assertIsNone(tern.take_frame(buffer, 4096))
            buffer += frame[cut:]
            self.assertEqual(tern.decode(tern.take_frame(buffer, 4096)), {"t": "who", "id": 1})

    def test_broken_frames_are_refused(self):
        for prefix in (b"\0\0\0\0", b"\0\0\x10\x01", b"\xff\xff\xff\xff"):
            with self.assertRaises(tern.TernError):
                tern.take_frame(bytearray(prefix), 4096)
        good = tern.encode({"t": "who", "id": 1})[4:]
        for body in (good + b"\xc0", good[:-1], b"\xc0", b"\x90", b"\x80", b"\x91" * 60000, b"\xdd\xff\xff\xff\xff", b"\xc1"):
            with self.assertRaises(tern.TernError):
                tern.decode(body)

    def test_a_new_id_is_a_uuid_of_version_7(self):
        one, other = tern.new_cid(), tern.new_cid()
        self.assertEqual((len(one), one[6] >> 4, one[8] >> 6), (16, 7, 2))
        self.assertNotEqual(one, other)


class Text(unittest.TestCase):
    def test_unsafe_text_is_visible(self):
        for raw, shown in [
            ("plain ünï 日本 👋", "plain ünï 日本 👋"),
            ("a\x1b[2J\x07\x7f", "a^[[2J^G^?"),
            ("a\u009bb\u202ec\u200bd", "a<U+009B>b<U+202E>c<U+200B>d"),
            ("a\tb\nc\r", "a    b^Jc^M"),
            ("e\u0301" + "\u0301" * 8, "e" + "\u0301" * 8 + "<U+0301>"),
            ("\u0301", "<U+0301>"),
            ("\u2003\u3164\U000e0041\ue000\u2028", "<U+2003><U+3164><U+E0041><U+E000><U+2028>"),
        ]:
            self.assertEqual(tern.safe(raw), shown)
            self.assertEqual(tern.safe(shown), shown)
        self.assertEqual(tern.safe("a\r\nb\rc", "many"), "a\nb^Mc")


class Key(unittest.TestCase):
    def test_the_fingerprint_is_that_of_the_public_key(self):
        self.assertEqual(tern.fingerprint_of(CERTIFICATE), KEY_HASH)
        self.assertEqual(tern.parse_fingerprint("SHA256:" + KEY_HASH.upper()), KEY_HASH)
        for end in range(0, len(CERTIFICATE) - 1, 7):
            with self.assertRaises(tern.TernError):
                tern.fingerprint_of(CERTIFICATE[:end])


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False).result.wasSuccessful())
