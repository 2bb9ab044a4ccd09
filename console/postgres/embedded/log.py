"""The server's log: what it said since a moment, and how it stays small."""

from __future__ import annotations

import time
from pathlib import Path

from .places import Places

# PostgreSQL overwrites a weekday's file only if it runs at midnight; what it therefore left is
# dropped at the next start.
_KEEP_SECONDS = 6 * 24 * 3600
_KEEP_BYTES = 20 * 1024 * 1024


class ServerLog:
    """The log files of one cluster, from the moment this object is made."""

    def __init__(self, places: Places) -> None:
        """Remember how long the files are now."""
        self._places = places
        self._sizes = {path: path.stat().st_size for path in _files(places)}

    def new_lines(self) -> list[str]:
        """What was written since; what the server said before its log was open comes first."""
        lines: list[str] = []
        for path in _files(self._places):
            known = self._sizes.get(path, 0)
            if path == self._places.start_log or path.stat().st_size < known:
                known = 0  # written anew by every start
            with path.open("rb") as file:
                file.seek(known)
                lines += file.read().decode(errors="replace").splitlines()
        return lines

    def drop_old(self) -> None:
        """Delete files that are old or very large. Call it while the server is down."""
        for path in _files(self._places):
            status = path.stat()
            if time.time() - status.st_mtime > _KEEP_SECONDS or status.st_size > _KEEP_BYTES:
                path.unlink()


def newest_log(places: Places) -> Path:
    """The file that was written last and is not empty; the start log if there is none."""
    written = [path for path in _files(places) if path.stat().st_size]
    return max(written, key=lambda path: path.stat().st_mtime, default=places.start_log)


def telling(lines: list[str], count: int = 3) -> list[str]:
    """The last line that names an error with those before it; the last lines if none does."""
    told = [line.strip() for line in lines if line.strip()]
    serious = ("FATAL:", "PANIC:", "error:")
    last = max(
        (number for number, line in enumerate(told) if any(word in line for word in serious)),
        default=len(told) - 1,
    )
    return told[: last + 1][-count:]


def _files(places: Places) -> list[Path]:
    """Oldest first; the start log before all others."""
    files = sorted(places.log_dir.glob("server-*.log"), key=lambda path: path.stat().st_mtime)
    return [path for path in (places.start_log, *files) if path.exists()]
