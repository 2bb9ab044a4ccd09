"""Workers without the rest of the console: real processes, on a database of their own.

The launcher starts a worker that dies again and again with longer and longer pauses; here the
next one starts when the test says so.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.db import connections
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from console import env
from console.data_folder import CHECKOUT
from console.env import Login
from console.launcher.pytest_plugin import IS_OURS
from console.postgres.backend.base import DatabaseWrapper
from console.postgres.embedded import EmbeddedServer, ServerUrls
from tenants.operations.platform import update_platform
from tests.database import another_database


class Workers:
    """A database that is up to date, and the worker that runs on it, if one does."""

    def __init__(self, folder: Path, urls: ServerUrls) -> None:
        self.folder, self.data_dir = folder, folder / "var"
        self.owner_url, self.web_url = urls.owner, urls.web
        self._output = (folder / "worker.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, *command: str) -> None:
        """Start a worker, by another command if one is given; returns at once."""
        self._process = subprocess.Popen(
            [sys.executable, *(command or ("manage.py", "worker"))],
            cwd=CHECKOUT,
            env={
                **os.environ,
                "CONSOLE_DATA_DIR": str(self.data_dir),
                "CONSOLE_LOGIN": "owner",
                "DATABASE_URL": self.owner_url,
                "WEB_DATABASE_URL": self.web_url,
            },
            stdout=self._output,
            stderr=self._output,
        )

    def kill(self) -> None:
        """kill -9 the worker."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        if self.is_alive:
            self.kill()
        self._output.close()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """In the block, verbs that this process calls are for this database, as its owner."""
        own = connections["default"]
        url = conninfo_to_dict(self.owner_url)
        login = {"NAME": url["dbname"], "USER": url["user"], "HOST": url.get("host", "")}
        login |= {"PORT": url.get("port", ""), "PASSWORD": url.get("password", "")}
        there = DatabaseWrapper({**own.settings_dict, **login}, "default")
        connections["default"] = there
        ContentType.objects.clear_cache()
        try:
            yield
        finally:
            there.close()
            connections["default"] = own
            ContentType.objects.clear_cache()


@contextmanager
def workers() -> Iterator[Workers]:
    """Them on the console's database, which goes with the block; on the tests' own server.

    On another server, where the tests were given theirs: a superuser may be needed.
    """
    with own_folder() as folder, ExitStack() as stack:
        if IS_OURS in os.environ:
            urls = _urls(stack.enter_context(another_database()))
        else:
            urls = stack.enter_context(server_in(folder, durable=False)).urls()
        yield stack.enter_context(workers_on(folder, urls))


@contextmanager
def workers_on(folder: Path, urls: ServerUrls) -> Iterator[Workers]:
    """Them on a database that is there."""
    them = Workers(folder, urls)
    try:
        with them.inside():
            update_platform(report=lambda line: None)
        yield them
    finally:
        them.close()


@contextmanager
def server_in(folder: Path, *, durable: bool) -> Iterator[EmbeddedServer]:
    """A database server that runs while the block does."""
    server = EmbeddedServer(folder / "var", durable=durable)
    try:
        with server.hold():
            yield server
    finally:
        server.remove()


@contextmanager
def own_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="console-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _urls(name: str) -> ServerUrls:
    """Of a database on the tests' server."""

    def url(login: Login) -> str:
        return make_conninfo(**{**(env.conninfo(login) or {}), "dbname": name})

    return ServerUrls(url("owner"), url("web"))
