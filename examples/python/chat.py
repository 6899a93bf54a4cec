#!/usr/bin/env python3
"""A line client: what you type goes to the lobby, `@name text` to one user, `/quit` ends.

python3 chat.py HOST PORT --user NAME      the password comes from TERN_PASSWORD or a prompt
"""

import argparse
import getpass
import os
import queue
import socket
import sys
import threading
import time

import tern


def clock(ms):
    return time.strftime("%H:%M", time.localtime(ms / 1000))


def show(message):
    """One message as lines of text, or None if there is nothing to show."""
    kind = message["t"]
    if kind == "message":
        first, *rest = tern.safe(message["text"], "many").split("\n")
        who = tern.safe(message["from"])
        said = f"* {who} {first}" if message.get("kind") == "me" else f"{who}: {first}"
        place = "" if message["conv"] == "#lobby" else " (to you)"
        return "\n".join([f"[{clock(message['at'])}]{place} {said}"] + [f"        | {line}" for line in rest])
    if kind == "roster":
        return "online: " + ", ".join(tern.safe(user["name"]) for user in message["users"])
    if kind == "presence":
        gone = [f"{tern.safe(user['name'])} left ({tern.safe(user['reason'])})"
                for user in message.get("gone", []) if not user.get("quiet")]
        here = [f"{tern.safe(user['name'])} is here" for user in message.get("here", []) if not user.get("quiet")]
        return "\n".join(gone + here) or None
    if kind == "sent":
        return {"stored": "(stored: will be delivered at the next login)",
                "partial": "(some people did not receive this)"}.get(message["outcome"])
    if kind in ("error", "notice"):
        return "! " + tern.safe(message.get("text") or message.get("code", ""))
    if kind == "bye":
        return "the session ended: " + tern.safe(message["reason"])
    return None


def read_lines(lines, wake):
    """Feeds typed lines to the one thread that may use the connection."""
    for line in sys.stdin:
        lines.put(line.rstrip("\r\n"))
        wake.send(b"x")
    lines.put("/quit")
    wake.send(b"x")


def obey(client, line):
    if line == "/quit":
        client.request("logout")
    elif line.startswith("@"):
        name, _, text = line.partition(" ")
        client.say(name, text)
    elif line:
        client.say("#lobby", line)


def run(options):
    client = tern.Client(options.host, options.port, options.fingerprint)
    try:
        if not options.fingerprint:
            print(f"server key {client.fingerprint}; pin it with --fingerprint", file=sys.stderr)
        password = os.environ.get("TERN_PASSWORD") or getpass.getpass()
        enter = client.register if options.register else client.login
        print(f"logged in as {tern.safe(enter(options.user, password)['name'])}", flush=True)

        lines = queue.Queue(maxsize=100)
        wake, far = socket.socketpair()
        threading.Thread(target=read_lines, args=(lines, far), daemon=True).start()

        def typed():
            for _ in wake.recv(100):
                obey(client, lines.get())

        client.watch(wake, typed)
        for message in client.events():
            text = show(message)
            if text is not None:
                print(text, flush=True)
            if message["t"] == "message":
                client.shown(message)
    finally:
        client.close()


def main():
    parser = argparse.ArgumentParser(description="A line client for Tern.")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--user", required=True)
    parser.add_argument("--register", action="store_true", help="make the account")
    parser.add_argument("--fingerprint", help="the key the server must have")
    try:
        run(parser.parse_args())
    except (tern.TernError, OSError, ValueError) as error:
        print(f"chat.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
