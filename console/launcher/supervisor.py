"""The one supervisor: starts database, worker and web server, watches them, stops them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType

from console.postgres.embedded import EmbeddedServer, embedded_from_environment

from . import preflight
from .children import Child, describe_exit, spawn, stop_process
from .config import Config
from .environment import set_secret_key, set_urls
from .errors import LauncherError, StopRequestedError
from .own_server import check_own_server
from .programs import Programs, owner_environment, web_environment

_WATCH_SECONDS = 0.2
_DATABASE_CHECK_SECONDS = 2.0
_WEB_ANSWER_SECONDS = 60.0
_WEB_DEATHS = 4
_WEB_STOP_SECONDS = 15.0
_WORKER_STOP_SECONDS = 60.0
_PREPARE_STOP_SECONDS = 10.0
# How long the web server of a killed supervisor may take to end.
_PORT_SECONDS = 15.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """Everything that `make run` starts, owned by one process in the foreground.

    Must be used in the main thread of a process with one thread: it handles signals.
    """

    def __init__(self, config: Config, programs: Programs) -> None:
        """Nothing is started yet."""
        self._config = config
        self._programs = programs
        self._began = time.monotonic()
        self._stopping = False
        self._hurry = False
        self._server: EmbeddedServer | None = None
        self._next_database_check = 0.0

    def run(self) -> None:
        """Start everything, print the addresses, watch; returns after a stop was asked for.

        Everything that was started has ended when it returns or raises. Raises LauncherError
        or EmbeddedServerError.
        """
        with _signals_to(self._on_signal):
            try:
                self._run()
            except StopRequestedError:
                self._say("Stopped")

    def _run(self) -> None:
        with ExitStack() as stack:
            preflight.check_python()
            preflight.check_disk(self._config.data_dir)
            was_killed = stack.enter_context(preflight.only_one(self._config))
            sockets = preflight.reserve_port(
                self._config.port, patience=_PORT_SECONDS if was_killed else 0.0
            )
            for sock in sockets:
                stack.callback(sock.close)
            set_secret_key()
            if self._config.own_server:
                check_own_server(os.environ)
            else:
                self._server = embedded_from_environment(self._config.data_dir, report=self._say)
                set_urls(stack.enter_context(self._server.hold()))
            # From here on a signal must find what it stops; entered last, left first.
            stack.callback(self._begin_stop)
            addresses = self._prepare()
            worker, web = self._children(sockets)
            stack.callback(self._stop_worker, worker)
            stack.callback(self._stop_web, web)
            self._say("Starting the web server")
            web.start()
            self._wait_for_web(web, sockets[0])
            worker.start()  # not earlier: it would only keep the web server waiting
            with suppress(OSError):
                print(addresses, flush=True)
            self._watch(worker, web)

    def _prepare(self) -> str:
        """Bring the database up to date; returns the text with addresses and logins."""
        process = spawn(
            self._programs.prepare,
            owner_environment(self._config),
            last_signal=signal.SIGTERM,
            stdout=subprocess.PIPE,
        )
        try:
            output, _ = process.communicate()
        finally:
            stop_process(process, _PREPARE_STOP_SECONDS, lambda: self._hurry)
        if process.returncode != 0:
            raise LauncherError(
                "the database could not be brought up to date "
                f"({describe_exit(process.returncode)}; the reason is above): "
                "put that right, then repeat"
            )
        return output.decode(errors="replace").strip("\n")

    def _children(self, sockets: list[socket.socket]) -> tuple[Child, Child]:
        worker = Child(
            "worker",
            self._programs.worker,
            owner_environment(self._config),
            last_signal=signal.SIGTERM,
        )
        numbers = [sock.fileno() for sock in sockets]
        binds = [word for number in numbers for word in ("--bind", f"fd://{number}")]
        web = Child(
            "web server",
            [*self._programs.web, *binds],
            web_environment(self._config),
            last_signal=signal.SIGINT,
            pass_fds=numbers,
            ask_again=True,
        )
        return worker, web

    def _wait_for_web(self, web: Child, sock: socket.socket) -> None:
        """Return when the web server has answered a request. Raises LauncherError if not."""
        address = sock.getsockname()
        deadline = time.monotonic() + _WEB_ANSWER_SECONDS
        while not _answers(address):
            if how := web.death():
                raise LauncherError(
                    f"the web server did not start ({how}; the reason is above): "
                    "put that right, then repeat"
                )
            if time.monotonic() > deadline:
                raise LauncherError(
                    f"the web server does not answer after {_WEB_ANSWER_SECONDS:.0f} seconds; "
                    "see above, then repeat"
                )
            time.sleep(0.1)

    def _watch(self, worker: Child, web: Child) -> None:
        """Start again what dies; returns never. Raises LauncherError when that is in vain."""
        while True:
            self._watch_database()
            for child in (worker, web):
                if how := child.death():
                    if child is web and child.quick_deaths >= _WEB_DEATHS:
                        raise LauncherError(
                            f"the web server ended {_WEB_DEATHS} times in a row ({how}; the "
                            "reason is above): put that right, then repeat"
                        )
                    pause = max(child.next_start - time.monotonic(), 0.0)
                    self._say(f"The {child.name} ended ({how}): starting it again in {pause:.0f} s")
                elif child.is_due():
                    child.start()
            time.sleep(_WATCH_SECONDS)

    def _watch_database(self) -> None:
        if self._server is None or time.monotonic() < self._next_database_check:
            return
        if self._server.revive():
            self._say("PostgreSQL had ended: it was started again")
        self._next_database_check = time.monotonic() + _DATABASE_CHECK_SECONDS

    def _begin_stop(self) -> None:
        self._stopping = True

    def _stop_web(self, web: Child) -> None:
        self._stopping = True
        self._say("Stopping")
        web.stop(_WEB_STOP_SECONDS, lambda: self._hurry)

    def _stop_worker(self, worker: Child) -> None:
        told = time.monotonic() + 2.0

        def hurry() -> bool:
            nonlocal told
            if time.monotonic() > told:
                self._say("The worker finishes its job; Ctrl-C again ends it now")
                told = float("inf")
            return self._hurry

        worker.stop(_WORKER_STOP_SECONDS, hurry)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """The first signal breaks off whatever is done; later ones make the stop quick."""
        if self._stopping:
            self._hurry = True
            return
        self._stopping = True
        raise StopRequestedError

    def _say(self, line: str) -> None:
        elapsed = time.monotonic() - self._began
        # The terminal may be gone: what is to be stopped is stopped all the same.
        with suppress(OSError):
            print(f"[{elapsed:.0f} s] {line}", file=sys.stderr, flush=True)


@contextmanager
def _signals_to(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _answers(address: tuple[str, int]) -> bool:
    """Whether an HTTP response, of whatever status, comes back."""
    try:
        with socket.create_connection(address[:2], timeout=5) as connection:
            connection.sendall(b"HEAD / HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return connection.recv(5) == b"HTTP/"
    except OSError:
        return False
