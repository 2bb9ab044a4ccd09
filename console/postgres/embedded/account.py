"""Whose rights the server runs with: our own, or, for root, a system user without login."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import SystemUserError

SYSTEM_USER = "tenant-console"
SYSTEM_HOME = Path("/var/lib/tenant-console")

# The server gets none of our environment: PG*, LD_* and the locale of whoever starts it would
# change how it works. LC_ALL keeps the messages in English, which the log is searched for.
_ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Account:
    """The user that owns the data and runs the binaries."""

    uid: int
    gid: int
    is_system_user: bool

    def popen_options(self) -> dict[str, Any]:
        """Keyword arguments for subprocess that run a command as this user.

        The working folder is `/`: ours may be closed to that user.
        """
        options: dict[str, Any] = {
            "cwd": "/",
            "env": dict(_ENVIRONMENT),
            "stdin": subprocess.DEVNULL,
            "umask": 0o077,
        }
        if self.is_system_user:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options


def current_account() -> Account:
    """The account to use for this process; makes the system user when root needs it.

    Raises SystemUserError when that is not possible.
    """
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), is_system_user=False)
    entry = _find_system_user() or _make_system_user()
    if entry.pw_uid == 0:
        raise SystemUserError(SYSTEM_USER, "it is another name for root")
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, is_system_user=True)


def _find_system_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return None


def _make_system_user() -> pwd.struct_passwd:
    search = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    useradd = shutil.which("useradd", path=search)
    if useradd is None:
        raise SystemUserError(SYSTEM_USER, "there is no useradd to make it with")
    nologin = shutil.which("nologin", path=search) or "/bin/false"
    command = [useradd, "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", str(SYSTEM_HOME), "--shell", nologin, SYSTEM_USER]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # Another process may have made it in the meantime: what counts is that it is there.
    entry = _find_system_user()
    if entry is None:
        raise SystemUserError(SYSTEM_USER, done.stderr.strip() or "useradd failed")
    return entry
