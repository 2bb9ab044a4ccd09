"""What must be true before anything is started."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console.postgres.embedded.errors import from_os_error
from console.postgres.embedded.locks import FileLock

from .config import Config
from .errors import LauncherError

_NEEDED_MB = 50
# How long the kernel keeps a connection on which nothing was asked yet away from the web
# processes. Browsers open such connections ahead, and each would occupy a sync process.
_DEFER_SECONDS = 30


def check_python() -> None:
    """Raise LauncherError when this Python cannot run the console."""
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        version = ".".join(map(str, sys.version_info[:3]))
        raise LauncherError(
            f"this is Python {version}: use 3.11, 3.12 or 3.13 "
            "(make PYTHON=/path/to/python3.12 run)"
        )


def check_disk(folder: Path) -> None:
    """Make the data folder and see that there is room. Raises LauncherError or DataFolderError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as exc:
        raise from_os_error(exc, folder) from exc
    if free < _NEEDED_MB * 1024 * 1024:
        raise LauncherError(
            f"the disk that holds {folder} is full: {_NEEDED_MB} MB are needed: make room, "
            "or set CONSOLE_DATA_DIR to a folder on another disk"
        )


@contextmanager
def only_one(config: Config) -> Iterator[bool]:
    """Be the one console on this data folder while the block runs.

    Yields whether the one before was killed: its children may still be ending then. Raises
    LauncherError when another runs; the lock ends with the process, however that ends.
    """
    path = config.data_dir / "run.lock"
    try:
        lock = FileLock(path)
    except OSError as exc:
        raise from_os_error(exc, config.data_dir) from exc
    try:
        if not lock.try_exclude():
            raise LauncherError(
                f"the console is already running here ({_who(lock)}): stop it with Ctrl-C in its "
                "terminal, or set CONSOLE_DATA_DIR and CONSOLE_PORT to run a second one"
            )
        was_killed = os.fstat(lock.fd).st_size > 0
        os.truncate(lock.fd, 0)
        os.pwrite(lock.fd, f"process {os.getpid()}, port {config.port}".encode(), 0)
        try:
            yield was_killed
        finally:
            os.truncate(lock.fd, 0)  # only a killed one leaves its note
    finally:
        lock.close()


def _who(lock: FileLock) -> str:
    return os.pread(lock.fd, 100, 0).decode(errors="replace") or "starting"


def reserve_port(port: int, *, patience: float = 0.0) -> list[socket.socket]:
    """Sockets bound to `port` on 127.0.0.1 and, where there is one, ::1; not listening yet.

    The supervisor keeps them: the port stays ours while the web server is started again.
    `patience`, in seconds, is for a web server that still ends. Raises LauncherError when the
    port cannot be had.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return _bind_all(port)
        except LauncherError as exc:
            taken = isinstance(exc.__cause__, OSError) and exc.__cause__.errno == errno.EADDRINUSE
            if not taken or time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _bind_all(port: int) -> list[socket.socket]:
    bound: list[socket.socket] = []
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        if family == socket.AF_INET6 and not socket.has_ipv6:
            continue
        try:
            bound.append(_bind(family, host, port))
        except OSError as exc:
            absent = exc.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
            if family == socket.AF_INET6 and absent:
                continue
            for sock in bound:
                sock.close()
            raise _port_error(exc, host, port) from exc
    return bound


def _bind(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if hasattr(socket, "TCP_DEFER_ACCEPT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _DEFER_SECONDS)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def _port_error(exc: OSError, host: str, port: int) -> LauncherError:
    if exc.errno == errno.EADDRINUSE:
        reason = f"port {port} is taken on {host}: stop what uses it, or choose another"
    elif exc.errno in (errno.EACCES, errno.EPERM):
        reason = f"port {port} is not open to this user: choose one from 1024 on"
    else:
        reason = f"port {port} on {host} cannot be used ({exc.strerror}): choose another"
    other = port + 1 if 1024 <= port < 65535 else 8000
    return LauncherError(f"{reason} (CONSOLE_PORT={other} make run)")
