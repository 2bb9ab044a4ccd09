"""The machine: room on its disk, who can read there, and its clock."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from console.doctor.findings import Finding, Verdict, found

MEGABYTE = 1024 * 1024
#: Less than this is free: uploads and exports will fail soon, or do so now (bytes).
LITTLE_ROOM, NO_ROOM = 2048 * MEGABYTE, 256 * MEGABYTE
#: How far this machine's clock and the database's may be apart.
DRIFT, TOO_MUCH_DRIFT = timedelta(seconds=2), timedelta(seconds=60)


def machine() -> Iterator[Finding]:
    folder = Path(settings.DATA_DIR)
    yield judge_room(folder, shutil.disk_usage(folder).free)
    yield judge_privacy(Path(settings.MEDIA_ROOT))
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        there = cursor.fetchone()[0]
    after = timezone.now()
    # What the question itself took is nobody's drift.
    yield judge_clock(max(before - there, there - after, timedelta(0)))


def judge_room(folder: Path, free: int) -> Finding:
    name, tried = "machine.disk", f"Ask how much room there is at {folder}."
    seen = f"{free // MEGABYTE} MB are free."
    to_do = "Make room: uploads, exports and the database's own server stop without it."
    if free < NO_ROOM:
        return Finding(name, tried, seen, Verdict.FAILED, to_do)
    return (
        Finding(name, tried, seen, Verdict.WARNING, to_do)
        if free < LITTLE_ROOM
        else Finding(name, tried, seen)
    )


def judge_privacy(folder: Path) -> Finding:
    """The files of all companies are in there. Folders in it that are closed, but in one that is
    open, would be looked at one by one, and there may be very many."""
    mode = folder.stat().st_mode if folder.is_dir() else 0
    return found(
        "machine.files",
        f"Ask who on this machine can read what is in {folder}.",
        "Everybody can." if mode & 0o005 else "This user, and nobody whom nobody let in.",
        fine=not mode & 0o005,
        bad=Verdict.WARNING,
        to_do=f"chmod o-rwx {folder}. The console makes its folders so; this one is older.",
    )


def judge_clock(apart: timedelta) -> Finding:
    name, tried = "machine.clock", "Compare this machine's clock with the database's."
    seen = f"They are {apart.total_seconds():.1f} seconds apart."
    to_do = "Keep both by NTP: links end too early or too late, and jobs seem stalled."
    if apart > TOO_MUCH_DRIFT:
        return Finding(name, tried, seen, Verdict.FAILED, to_do)
    return (
        Finding(name, tried, seen, Verdict.WARNING, to_do)
        if apart > DRIFT
        else Finding(name, tried, seen)
    )
