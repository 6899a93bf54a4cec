#!/usr/bin/env python3
"""Says everything back to whoever writes to it: python3 echo_bot.py HOST PORT NAME, password in TERN_PASSWORD."""

import hashlib
import os
import sys

import tern

MARK = "echo: "


def main():
    host, port, name = sys.argv[1:4]
    client = tern.Client(host, int(port), os.environ.get("TERN_FINGERPRINT"), "echo-bot 1")
    client.login(name, os.environ["TERN_PASSWORD"])
    print("ready", flush=True)
    answering = {}  # request -> the message it answers
    for message in client.events():
        if message["t"] == "message" and message["conv"].startswith("@"):
            if message["text"].startswith(MARK):
                client.shown(message)  # another echo bot: say no more
                continue
            # The id is made from the message. If the bot stops before the acknowledgement, the message comes again,
            # is answered with the same id, and the answer is stored only once.
            tail = hashlib.sha256(f"{message['conv']} {message['seq']}".encode()).digest()[:10]
            number = client.say(message["conv"], MARK + message["text"], cid=tern.new_cid(message["at"], tail))
            answering[number] = message
        elif message["t"] in ("sent", "error") and message.get("re") in answering:
            client.shown(answering.pop(message["re"]))


if __name__ == "__main__":
    sys.exit(main())
