"""One cluster as processes and files: make it, start it, look at it, stop it.

Every function that changes something is called with the change lock held. Whether the server
lives is asked of the `alive` lock, which its processes inherit, and never of a process number:
after a crash or a reboot the number in postmaster.pid may be somebody else's.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from .errors import (
    DiskFullError,
    ForeignDataFolderError,
    OtherMajorVersionError,
    ServerStartError,
    ServerStopError,
    from_os_error,
)
from .locks import FileLock, is_held_alone
from .log import ServerLog, newest_log, telling
from .places import SOCKET_NAME, LockPlaces, Places, socket_dir

Report = Callable[[str], None]

# A new cluster takes about 40 MB, and the first tenants as much again.
_ROOM_FOR_NEW_MB = 200
_ROOM_FOR_START_MB = 30
# Recovery after a crash may take minutes; a server that is still alive gets this long.
_START_LIMIT_SECONDS = 600.0
_FAST_STOP_SECONDS = 60.0
_HARD_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.02
# PostgreSQL's own: process, start time, socket folder, status.
PID_FILE = "postmaster.pid"
_REPORT_SECONDS = 5.0

_OPTIONS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    # One transaction may touch many tables of many schemas.
    "max_locks_per_transaction": "256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # One file per weekday, overwritten a week later: the log does not grow without bound.
    "logging_collector": "on",
    "log_filename": "server-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    # Statements and details hold clients' data: the log names the error alone.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class PidFile:
    """What PostgreSQL wrote into postmaster.pid."""

    pid: int
    socket_dir: Path
    ready: bool


def read_pid_file(folder: Path) -> PidFile | None:
    """postmaster.pid of the cluster in `folder`; None if missing or not yet written that far."""
    try:
        lines = (folder / PID_FILE).read_text().splitlines()
        status = lines[7].strip() if len(lines) > 7 else ""
        return PidFile(int(lines[0]), Path(lines[4].strip()), ready=status == "ready")
    except (OSError, IndexError, ValueError):
        return None


def ensure_cluster(
    places: Places, bin_dir: Path, *, version: int, durable: bool, report: Report
) -> None:
    """Make the cluster if there is none, or make sure that the one there can be used.

    initdb works in a temporary folder that is renamed when it is whole: a cluster is never half
    made. Raises DataFolderError or one of its kinds, DiskFullError, ServerStartError.
    """
    try:
        if not places.cluster.exists():
            _check_room(places.home, _ROOM_FOR_NEW_MB)
            report(f"Making a new PostgreSQL {version} database")
            _initdb(places, bin_dir, durable=durable)
            return
        _check_cluster(places, version)
    except OSError as exc:
        raise from_os_error(exc, places.cluster) from exc


def start(
    places: Places, locks: LockPlaces, bin_dir: Path, *, durable: bool, report: Report
) -> PidFile:
    """Start the server, or wait for one that somebody began to start; returns when it is ready.

    The server is nobody's child and outlives this process. Raises DiskFullError,
    ServerStartError or DataFolderError.
    """
    try:
        return _start(places, locks, bin_dir, durable=durable, report=report)
    except OSError as exc:
        raise from_os_error(exc, places.cluster) from exc


def stop(places: Places, locks: LockPlaces) -> None:
    """Stop the server, fast (clients are disconnected), and wait until its last process is gone.

    Returns at once when none runs. Raises ServerStopError.
    """
    pid = None
    for how, seconds in (
        (signal.SIGINT, _FAST_STOP_SECONDS),
        (signal.SIGQUIT, _HARD_STOP_SECONDS),
    ):
        deadline = time.monotonic() + seconds
        signalled = False
        while is_held_alone(locks.alive):
            found = read_pid_file(places.cluster)
            if found and not signalled:
                pid = found.pid
                signalled = _signal(pid, how)
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
        else:
            return
    raise ServerStopError(pid, log=newest_log(places))


def _check_cluster(places: Places, version: int) -> None:
    marker = places.cluster / "PG_VERSION"
    if not marker.exists():
        raise ForeignDataFolderError(places.cluster, "it is not a PostgreSQL data folder")
    found = marker.read_text().strip()
    if found != str(version):
        raise OtherMajorVersionError(places.cluster, found=found, wanted=version)
    status = places.cluster.stat()
    if status.st_uid != places.account.uid:
        raise ForeignDataFolderError(places.cluster, "it belongs to another user")
    if status.st_mode & 0o027:
        raise ForeignDataFolderError(
            places.cluster, "other users can enter it, which PostgreSQL refuses; chmod 700 it"
        )


def _check_room(folder: Path, needed_mb: int) -> None:
    if shutil.disk_usage(folder).free < needed_mb * 1024 * 1024:
        raise DiskFullError(folder, needed_mb=needed_mb)


def _initdb(places: Places, bin_dir: Path, *, durable: bool) -> None:
    for rest in places.home.glob(f".{places.cluster.name}-new-*"):
        shutil.rmtree(rest, ignore_errors=True)  # of an initdb that was killed
    half = Path(tempfile.mkdtemp(dir=places.home, prefix=f".{places.cluster.name}-new-"))
    try:
        if places.account.is_system_user:
            os.chown(half, places.account.uid, places.account.gid)
        command = [str(bin_dir / "initdb"), "-D", str(half), "-U", "postgres"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]
        command += ["--auth-local=trust", "--auth-host=reject", "--no-instructions"]
        if not durable:
            command.append("--no-sync")
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **places.account.popen_options(),
        )
        if done.returncode != 0:
            _raise_start_error(places, "could not make a new database", done.stdout.splitlines())
        half.rename(places.cluster)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _start(
    places: Places, locks: LockPlaces, bin_dir: Path, *, durable: bool, report: Report
) -> PidFile:
    began = time.monotonic()
    next_report = began + _REPORT_SECONDS
    log = ServerLog(places)
    spawned = False
    while True:
        if not is_held_alone(locks.alive):
            if spawned:
                _raise_start_error(places, "did not come up", log.new_lines())
            # Here too when a server that somebody else was stopping has ended.
            _check_room(places.cluster, _ROOM_FOR_START_MB)
            report("Starting PostgreSQL")
            _remove_stale(places)
            log.drop_old()
            _spawn(places, locks, bin_dir, durable=durable)
            spawned = True
        found = read_pid_file(places.cluster)
        if found and found.ready and _answers(found):
            return found
        now = time.monotonic()
        if now - began > _START_LIMIT_SECONDS:
            _raise_start_error(
                places, f"is not ready after {now - began:.0f} seconds", log.new_lines()
            )
        if now > next_report:
            report("PostgreSQL is not ready yet; after a crash it first repairs its data")
            next_report = now + _REPORT_SECONDS
        time.sleep(_POLL_SECONDS)


def _remove_stale(places: Places) -> None:
    """Remove what a killed server left: it would refuse to start if its number is in use again."""
    folder = socket_dir(places)
    for path in (places.cluster / PID_FILE, folder / SOCKET_NAME, folder / f"{SOCKET_NAME}.lock"):
        path.unlink(missing_ok=True)


def _answers(found: PidFile) -> bool:
    """Whether somebody listens: a killed server leaves a pid file that says `ready`."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(found.socket_dir / SOCKET_NAME))
        except OSError:
            return False
    return True


def _spawn(places: Places, locks: LockPlaces, bin_dir: Path, *, durable: bool) -> None:
    """Start the server detached, with the `alive` lock in its hands."""
    options = _OPTIONS | ({} if durable else _NOT_DURABLE)
    options["unix_socket_directories"] = str(socket_dir(places))
    options["log_directory"] = str(places.log_dir)
    command = [str(bin_dir / "postgres"), "-D", str(places.cluster)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    # The shell opens the log with the account's rights and puts the server in the background:
    # it becomes a child of init, and is never left as a zombie of ours.
    script = 'log=$0; "$@" </dev/null >"$log" 2>&1 &'
    alive = FileLock(locks.alive)
    try:
        alive.exclude()
        subprocess.run(
            ["/bin/sh", "-c", script, str(places.start_log), *command],
            check=False,
            pass_fds=[alive.fd],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **places.account.popen_options(),
        )
    finally:
        alive.close()


def _raise_start_error(places: Places, reason: str, lines: list[str]) -> NoReturn:
    if any("No space left on device" in line for line in lines):
        raise DiskFullError(places.cluster)
    raise ServerStartError(reason, log=newest_log(places), last_lines=telling(lines))


def _signal(pid: int, how: signal.Signals) -> bool:
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return False
    return True
