"""PgBouncer in front of the tests' own database server, as Debian's package brings it."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.db import connections

from console import env
from console.postgres.embedded.account import current_account
from tests.launcher import free_port

#: Debian keeps it where only root looks.
_PLACES = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"


@contextmanager
def pgbouncer(mode: str, **settings: object) -> Iterator[str]:
    """The URL by which the web login reaches the tests' database through a PgBouncer of its own.

    ``mode`` is its pool_mode; ``settings`` go into its file. It listens on a port of this machine
    alone, asks for a password that it made up, and runs as whoever owns the tests' server: as
    root it would not start.
    """
    program = shutil.which("pgbouncer", path=_PLACES)
    assert program, "pgbouncer is missing: install Debian's package of that name"
    account, port = current_account(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="console-pgbouncer-"))
    try:
        url = _configure(folder, port, {"pool_mode": mode, **settings})
        for path in (folder, *folder.iterdir()):
            os.chown(path, account.uid, account.gid)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, str(folder / "pgbouncer.ini")],
                stdout=log,
                stderr=log,
                **account.popen_options(),
            )
        try:
            _wait_for(port, process, folder / "log")
            yield url
        finally:
            process.kill()  # It would wait for its clients.
            process.wait()
    finally:
        shutil.rmtree(folder)


def _configure(folder: Path, port: int, settings: dict[str, object]) -> str:
    """Write its files, and return the URL."""
    parts = env.conninfo("web") or {}
    user, password = parts["user"], parts.get("password") or secrets.token_urlsafe()
    name = connections["default"].settings_dict["NAME"]
    server = {"host": parts.get("host", ""), "port": parts.get("port", "5432"), "dbname": name}
    lines = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "scram-sha-256",
        "auth_file": folder / "users",
        **settings,
    }
    target = " ".join(f"{key}={value}" for key, value in server.items() if value)
    text = f"[databases]\n{name} = {target}\n[pgbouncer]\n"
    text += "".join(f"{key} = {value}\n" for key, value in lines.items())
    (folder / "pgbouncer.ini").write_text(text)
    (folder / "users").write_text(f'"{user}" "{password}"\n')
    return f"postgresql://{user}:{quote(password)}@127.0.0.1:{port}/{name}"


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "pgbouncer does not answer"
            time.sleep(0.01)
        else:
            return
