"""A mail server for tests: what it takes can be read, and it can refuse."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailServer(socketserver.ThreadingTCPServer):
    """As much of SMTP as a client needs; keeps what it took, or refuses with ``refuses``."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MailSession)
        self.messages: list[EmailMessage] = []
        self.refuses = ""

    @property
    def message(self) -> EmailMessage:
        (message,) = self.messages
        return message


class MailSession(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.say("220 ready")
        for raw in self.rfile:
            word = raw.decode().strip().upper()
            if word == "DATA":
                self.say("354 go on")
                self.take()
            elif word.startswith("QUIT"):
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def take(self) -> None:
        lines = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            lines.append(raw)
        taken = b"".join(lines)
        if self.server.refuses:
            # Some servers repeat what they refuse.
            self.say(f"{self.server.refuses} {' '.join(taken.decode().split())}")
            return
        parsed = message_from_bytes(taken, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.server.messages.append(parsed)
        self.say("250 taken")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """One on a port of its own, for as long as the block runs."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
