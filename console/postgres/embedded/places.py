"""Where one cluster and everything beside it lies.

A normal user has all of it in the data folder. Root has only the lock files there and a
symlink: the cluster belongs to the system user, who may not be able to enter the checkout,
and lies in a folder of its own below /var/lib.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .account import SYSTEM_HOME, Account
from .errors import ForeignDataFolderError, from_os_error

# Bytes that the name of a unix socket may have: 108 with the final NUL on Linux, 104 on macOS.
_SOCKET_NAME_LIMIT = 103
SOCKET_NAME = ".s.PGSQL.5432"
# unix_socket_directories is a list with its own quoting: what needs none goes in as it is.
_PLAIN_PATH = re.compile(r"[\w./+-]+", re.ASCII)


@dataclass(frozen=True)
class LockPlaces:
    """The lock files of one cluster, in the data folder."""

    change: Path  # held alone while the server is started, stopped or removed
    holders: Path  # shared by everybody who uses the server
    alive: Path  # in the hands of the server's processes: held alone while one of them lives


@dataclass(frozen=True)
class Places:
    """The folders of one cluster; all below `home`, which only the account can enter."""

    home: Path
    cluster: Path
    log_dir: Path
    account: Account

    @property
    def start_log(self) -> Path:
        """What the server says before its own log is open, and what initdb says."""
        return self.log_dir / "start.log"


def lock_places(data_dir: Path, version: int) -> LockPlaces:
    """Where the lock files are, or will be."""
    stem = data_dir / f"postgres{version}"
    return LockPlaces(
        change=stem.with_suffix(".lock"),
        holders=stem.with_suffix(".holders"),
        alive=stem.with_suffix(".alive"),
    )


def make_data_dir(data_dir: Path) -> None:
    """Make the data folder where it is missing. Raises DataFolderError or DiskFullError."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise from_os_error(exc, data_dir) from exc
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise ForeignDataFolderError(data_dir, "it is not writable for this user")


def find_places(data_dir: Path, version: int, account: Account) -> Places:
    """The folders of that cluster, made where missing (the cluster's own is initdb's to make).

    Call it with the change lock held. Raises DataFolderError or DiskFullError.
    """
    name = f"postgres{version}"
    entry = data_dir / name
    try:
        if account.is_system_user:
            home = _system_home(entry, account)
            cluster = home / name
        else:
            home = data_dir
            cluster = entry
            if entry.is_symlink() and entry.resolve().is_relative_to(SYSTEM_HOME):
                raise ForeignDataFolderError(entry, "root made it")
        log_dir = home / f"{name}-log"
        _make_private(log_dir, account)
    except OSError as exc:
        raise from_os_error(exc, data_dir) from exc
    return Places(home=home, cluster=cluster, log_dir=log_dir, account=account)


def socket_dir(places: Places) -> Path:
    """A folder for the socket that only the account can enter; made if it is missing.

    Beside the cluster, or, where that name is too long for a socket, a short folder of ours.
    Raises ForeignDataFolderError when somebody else sits on that short name.
    """
    wanted = places.home / f"{places.cluster.name}-socket"
    try:
        if _fits(wanted):
            _make_private(wanted, places.account)
            return wanted
        digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
        for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - made private
            short = base / f"tenant-console-{places.account.uid}-{digest}"
            if _fits(short) and os.access(base, os.W_OK):
                _make_private(short, places.account)
                return short
    except OSError as exc:
        raise from_os_error(exc, wanted) from exc
    raise ForeignDataFolderError(wanted, "its name is too long for a socket")


def _fits(folder: Path) -> bool:
    name = str(folder / SOCKET_NAME)
    return len(os.fsencode(name)) <= _SOCKET_NAME_LIMIT and bool(_PLAIN_PATH.fullmatch(name))


def _make_private(folder: Path, account: Account) -> None:
    """Make `folder` for the account alone, or make sure that an existing one is so."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
            raise ForeignDataFolderError(folder, "it belongs to somebody else") from None
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise ForeignDataFolderError(folder, "other users can enter it") from None
        return
    if account.is_system_user:
        os.chown(folder, account.uid, account.gid)


def _system_home(entry: Path, account: Account) -> Path:
    """The folder below /var/lib that the symlink `entry` points to; both made if missing.

    The symlink is what ties the data to the data folder: deleting the data folder means an
    empty database next time, a copied folder gets a database of its own, a moved one keeps it.
    """
    if entry.is_symlink():
        home = entry.readlink().parent
        if home.parent == SYSTEM_HOME and home.is_dir() and _belongs_to(home, entry):
            return home
        entry.unlink()
    elif entry.exists():
        raise ForeignDataFolderError(entry, "another user made it, and this is root")
    digest = hashlib.sha256(os.fsencode(entry)).hexdigest()[:12]
    home = SYSTEM_HOME / f"{digest}-{secrets.token_hex(2)}"
    SYSTEM_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    SYSTEM_HOME.chmod(0o755)  # ours: made by the line above, under whatever umask
    _make_private(home, account)
    origin_file(home).write_text(str(entry))
    entry.symlink_to(home / entry.name)
    return home


def origin_file(home: Path) -> Path:
    """The note that says which data folder's symlink `home` belongs to. Beside it: root's own."""
    return home.with_suffix(".origin")


def _belongs_to(home: Path, entry: Path) -> bool:
    """Whether `entry` is the symlink that `home` was made for, or that one moved."""
    note = origin_file(home)
    origin = Path(note.read_text()) if note.exists() else entry
    if origin == entry:
        return True
    if origin.is_symlink() and origin.readlink().parent == home:
        return False  # the original is still there: this is a copy
    note.write_text(str(entry))
    return True
