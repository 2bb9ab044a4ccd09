"""An embedded PostgreSQL for tests that look at it from outside."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psycopg

from console.postgres.embedded import (
    EmbeddedServer,
)
from console.postgres.embedded.locks import is_held_alone

VERSION = int(os.environ.get("CONSOLE_POSTGRES_VERSION") or 18)
NAME = f"postgres{VERSION}"
AS_ROOT = os.geteuid() == 0

# Holds the server, says so, and lets go when its stdin is closed.
HOLDER = """
import sys
from pathlib import Path
from console.postgres.embedded import EmbeddedServer
with EmbeddedServer(Path(sys.argv[1]), version=int(sys.argv[2]), durable=False).hold() as urls:
    print(urls.owner, flush=True)
    sys.stdin.read()
"""


def server_in(folder: Path, lines: list[str] | None = None) -> EmbeddedServer:
    report = lines.append if lines is not None else lambda line: None
    return EmbeddedServer(folder, version=VERSION, durable=False, report=report)


def is_running(folder: Path) -> bool:
    return is_held_alone(folder / f"{NAME}.alive")


def postmaster(folder: Path) -> int:
    return int((folder / NAME / "postmaster.pid").read_text().splitlines()[0])


def wait_until_stopped(folder: Path) -> None:
    deadline = time.monotonic() + 20
    while is_running(folder):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def query(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload]
        return row[0] if row else None
