"""The whole console as real processes, for tests that need a browser, a worker or a kill."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from console.data_folder import CHECKOUT
from console.postgres.embedded import SUPPORTED_VERSIONS, EmbeddedServer

# The supervisor stops in order when the test process dies, even by kill -9 (Linux).
_BOUND_TO_US = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
# What the test run itself uses must not reach the console under test.
OURS = (
    "CONSOLE_DOMAIN",
    "CONSOLE_LOGIN",
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
    "PYTEST_CURRENT_TEST",
    "PYTHONWARNINGS",
    "SECRET_KEY",
    "SECRET_KEY_FILE",
    "WEB_DATABASE_URL",
)


class RunningConsole:
    """One console from `make run`'s launcher, on a port and a database of its own.

    Use it as a context manager, or call `start` and, always, `close`. All times in seconds.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str] | None = None,
        script: Sequence[str] = ("-m", "console.launcher", "run"),
    ) -> None:
        """Nothing is started. `environ` is added to the environment, `script` is what runs."""
        self.folder = Path(tempfile.mkdtemp(prefix="console-test-"))
        self.data_dir = self.folder / "var"
        self.port = free_port()
        self._script = script
        self._environ = {
            **{name: value for name, value in os.environ.items() if name not in OURS},
            "CONSOLE_DATA_DIR": str(self.data_dir),
            "CONSOLE_POSTGRES_DURABLE": "0",
            "CONSOLE_PORT": str(self.port),
            **(environ or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self, *, wait: float | None = 120.0) -> None:
        """Start it and, unless `wait` is None, return when its addresses are printed.

        Raises RuntimeError with all output when it ends first or takes longer.
        """
        with self._file("stdout").open("wb") as out, self._file("stderr").open("ab") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _BOUND_TO_US, *self._script],
                cwd=CHECKOUT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        if wait is None:
            return
        deadline = time.monotonic() + wait
        while not self.addresses():
            if self._process.poll() is not None:
                raise RuntimeError(f"the console ended:\n{self.output()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"no addresses after {wait} s:\n{self.output()}")
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        """The supervisor's process."""
        if self._process is None:
            raise RuntimeError("the console was not started")
        return self._process.pid

    @property
    def server(self) -> EmbeddedServer:
        """Its database server, for `urls` and `bin_dir`."""
        version = self._environ.get("CONSOLE_POSTGRES_VERSION") or "18"
        return EmbeddedServer(self.data_dir, version=int(version), durable=False)

    @property
    def owner_url(self) -> str:
        """libpq URL of the console's database for the owner's login."""
        return self.server.urls().owner

    @property
    def web_url(self) -> str:
        """libpq URL of the console's database for the web login."""
        return self.server.urls().web

    def url(self, host: str = "localhost", path: str = "/") -> str:
        """The address of `path` on `host`, for a browser."""
        return f"http://{host}:{self.port}{path}"

    def addresses(self) -> str:
        """What was printed for people: addresses and logins. Empty until all is up."""
        return _read(self._file("stdout"))

    def output(self) -> str:
        """Everything that was printed so far: first stderr of all starts, then stdout."""
        return _read(self._file("stderr")) + self.addresses()

    def worker_pid(self, *, wait: float = 30.0, other_than: int | None = None) -> int:
        """The worker's process; waits for one that is not `other_than`."""
        return self._child("worker", wait, other_than)

    def web_pid(self, *, wait: float = 30.0, other_than: int | None = None) -> int:
        """The web server's first process; waits for one that is not `other_than`."""
        return self._child("gunicorn", wait, other_than)

    def kill_worker(self) -> int:
        """kill -9 the worker; returns which process it was."""
        pid = self.worker_pid()
        os.kill(pid, signal.SIGKILL)
        return pid

    def send(self, number: signal.Signals) -> None:
        """Send the supervisor a signal."""
        os.kill(self.pid, number)

    def wait(self, seconds: float = 90.0) -> int:
        """Wait until the supervisor has ended; returns its exit status."""
        if self._process is None:
            raise RuntimeError("the console was not started")
        return self._process.wait(seconds)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it as SIGTERM does; returns the exit status. The data stay for another start."""
        self.send(number)
        return self.wait()

    def close(self) -> None:
        """End everything that is left and delete the data. Safe to call at any time."""
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        # The server of a killed supervisor runs on.
        for version in SUPPORTED_VERSIONS:
            EmbeddedServer(self.data_dir, version=version).remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _child(self, word: str, wait: float, other_than: int | None) -> int:
        deadline = time.monotonic() + wait
        while True:
            for pid, command in children_of(self.pid):
                if pid != other_than and any(Path(part).name == word for part in command):
                    return pid
            if time.monotonic() > deadline:
                raise RuntimeError(f"no {word} process after {wait} s:\n{self.output()}")
            time.sleep(0.05)

    def _file(self, name: str) -> Path:
        return self.folder / name


def free_port() -> int:
    """A port that is free on 127.0.0.1 and on ::1 at this moment."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            if _is_free_on_ipv6(port):
                return port


def children_of(pid: int) -> list[tuple[int, list[str]]]:
    """The living children of a process with their command lines. Linux only."""
    found = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with suppress(FileNotFoundError, ProcessLookupError):
                raw = Path(f"/proc/{text}/cmdline").read_bytes()
                if raw:  # a zombie has none
                    found.append((int(text), raw.decode().rstrip("\0").split("\0")))
    return found


def _is_free_on_ipv6(port: int) -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(("::1", port))
    except OSError as exc:
        return exc.errno != errno.EADDRINUSE
    return True


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
