"""The embedded server as the rest of the console sees it: hold it, and get its URLs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from . import cluster
from .account import SYSTEM_HOME, Account, current_account
from .binaries import SUPPORTED_VERSIONS, runnable_bin_dir, wheel_bin_dir
from .errors import EmbeddedServerError, ServerHeldError, ServerStartError, from_os_error
from .locks import FileLock, exclusive, is_held_alone
from .log import newest_log
from .logins import DATABASE, OWNER, SUPERUSER, WEB, ensure_logins
from .places import LockPlaces, Places, find_places, lock_places, make_data_dir, origin_file


@dataclass(frozen=True)
class ServerUrls:
    """libpq URLs of one database: for the owner's login and for the web login."""

    owner: str
    web: str


class EmbeddedServer:
    """A PostgreSQL of our own below a data folder, running while anybody holds it."""

    def __init__(
        self,
        data_dir: Path,
        *,
        version: int = 18,
        durable: bool = True,
        report: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Nothing is started or made yet.

        `data_dir` holds the cluster in `postgres<version>` (for root a symlink to it). With
        `durable=False` a crash may lose everything: for tests. `report` gets a short line
        before each long step. Raises EmbeddedServerError for a version that there is not.
        """
        if version not in SUPPORTED_VERSIONS:
            choices = " or ".join(map(str, SUPPORTED_VERSIONS))
            raise EmbeddedServerError(f"there is no embedded PostgreSQL {version}: use {choices}")
        self.data_dir = data_dir.expanduser().absolute()
        self.version = version
        self.durable = durable
        self._report = report
        self._socket_dir: Path | None = None

    @property
    def bin_dir(self) -> Path:
        """The folder with this version's `pg_dump`, `pg_restore`, `psql` … for this process."""
        return wheel_bin_dir(self.version)

    @contextmanager
    def hold(self) -> Iterator[ServerUrls]:
        """Keep the server running while the block runs; starts it if it is not.

        Any number of processes, and blocks in one process, may hold it at once. The last to let
        go stops it. Starting and stopping exclude each other: whoever comes while the server is
        being stopped waits and starts it again. A holder that is killed lets go by dying; the
        server then runs on until the next holder lets go.

        Raises EmbeddedServerError or one of its kinds.
        """
        holder = self._take()
        try:
            yield self.urls()
        finally:
            self._let_go(holder)

    def revive(self) -> bool:
        """Start the server again if it died while it was held; returns whether it had.

        For a holder, now and then. The URLs stay the same. Raises EmbeddedServerError.
        """
        if is_held_alone(lock_places(self.data_dir, self.version).alive):
            return False
        account = current_account()
        with self._changing() as locks:
            if is_held_alone(locks.alive):
                return False  # somebody else was faster
            self._start(account, locks)
        return True

    def urls(self, database: str = DATABASE) -> ServerUrls:
        """The URLs of a database on this server, which must be held by somebody.

        The database need not exist. Raises EmbeddedServerError when the server is not running.
        """
        if self._socket_dir is not None:
            return socket_urls(self._socket_dir, database)
        # Somebody else holds it. For root the cluster's entry here is a symlink.
        running = cluster.read_pid_file(self.data_dir / f"postgres{self.version}")
        if running is None:
            raise EmbeddedServerError("the embedded PostgreSQL is not running: hold it first")
        return socket_urls(running.socket_dir, database)

    def remove(self) -> None:
        """Stop the server and delete its data, log and lock files. For tests and their like.

        Does nothing where there is no cluster. Raises ServerHeldError when anybody holds it.
        """
        if not lock_places(self.data_dir, self.version).change.exists():
            return  # nobody ever held it
        account = current_account()
        with self._changing() as locks:
            holders = FileLock(locks.holders)
            try:
                if not holders.try_exclude():
                    raise ServerHeldError(self.data_dir)
                places = find_places(self.data_dir, self.version, account)
                cluster.stop(places, locks)
                self._delete(places, locks)
            finally:
                holders.close()

    def _take(self) -> FileLock:
        account = current_account()
        with self._changing() as locks:
            holder = FileLock(locks.holders)
            try:
                # Alone it is taken only with the change lock, which we have: this cannot wait.
                holder.share()
                self._start(account, locks)
            except BaseException:
                # Also Ctrl-C while the server comes up: nobody else would stop it.
                with suppress(EmbeddedServerError):
                    self._stop_if_last(holder, account, locks)
                raise
        return holder

    def _let_go(self, holder: FileLock) -> None:
        with self._changing() as locks:
            self._stop_if_last(holder, current_account(), locks)

    def _stop_if_last(self, holder: FileLock, account: Account, locks: LockPlaces) -> None:
        try:
            if holder.try_exclude():
                cluster.stop(find_places(self.data_dir, self.version, account), locks)
        finally:
            holder.close()

    def _start(self, account: Account, locks: LockPlaces) -> None:
        bin_dir = runnable_bin_dir(self.version, account)
        places = find_places(self.data_dir, self.version, account)
        cluster.ensure_cluster(
            places, bin_dir, version=self.version, durable=self.durable, report=self._report
        )
        running = cluster.start(places, locks, bin_dir, durable=self.durable, report=self._report)
        self._socket_dir = running.socket_dir
        try:
            ensure_logins(_url(SUPERUSER, running.socket_dir, "postgres"))
        except psycopg.Error as exc:
            reason = "came up, but does not serve"
            said = [line.strip() for line in str(exc).splitlines()][:1]
            raise ServerStartError(reason, log=newest_log(places), last_lines=said) from exc

    @contextmanager
    def _changing(self) -> Iterator[LockPlaces]:
        """Hold the change lock: nobody else starts, stops or removes this server."""
        make_data_dir(self.data_dir)
        locks = lock_places(self.data_dir, self.version)
        try:
            with exclusive(locks.change, on_wait=self._report_wait):
                yield locks
        except OSError as exc:
            raise from_os_error(exc, self.data_dir) from exc

    def _report_wait(self) -> None:
        self._report("Waiting for another process that starts or stops the database")

    def _delete(self, places: Places, locks: LockPlaces) -> None:
        shutil.rmtree(places.cluster, ignore_errors=True)
        shutil.rmtree(places.log_dir, ignore_errors=True)
        shutil.rmtree(cluster.socket_dir(places), ignore_errors=True)
        if places.account.is_system_user and places.home.parent == SYSTEM_HOME:
            shutil.rmtree(places.home, ignore_errors=True)
            origin_file(places.home).unlink(missing_ok=True)
            (self.data_dir / places.cluster.name).unlink(missing_ok=True)
        # Last, and the change lock last of all: whoever waits for it starts from nothing.
        for path in (locks.alive, locks.holders, locks.change):
            path.unlink(missing_ok=True)


def socket_urls(folder: Path, database: str = DATABASE) -> ServerUrls:
    """The URLs of a database on a server whose socket is in `folder`."""
    return ServerUrls(owner=_url(OWNER, folder, database), web=_url(WEB, folder, database))


def _url(user: str, folder: Path, database: str) -> str:
    host = quote(str(folder), safe="")
    return f"postgresql://{user}@/{quote(database, safe='')}?host={host}&port=5432"


def embedded_from_environment(
    data_dir: Path, *, report: Callable[[str], None] = lambda line: None
) -> EmbeddedServer:
    """The server that CONSOLE_POSTGRES_VERSION and CONSOLE_POSTGRES_DURABLE ask for.

    Raises EmbeddedServerError for values that are none.
    """
    version = os.environ.get("CONSOLE_POSTGRES_VERSION") or "18"
    durable = os.environ.get("CONSOLE_POSTGRES_DURABLE") or "1"
    if not version.isdecimal():
        raise EmbeddedServerError(f"CONSOLE_POSTGRES_VERSION is {version!r}: use 18 or 16")
    if durable not in ("0", "1"):
        raise EmbeddedServerError(f"CONSOLE_POSTGRES_DURABLE is {durable!r}: use 1 or 0")
    return EmbeddedServer(data_dir, version=int(version), durable=durable == "1", report=report)
