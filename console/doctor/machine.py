"""The machine: room on its disk, and its clock."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from console.doctor.findings import Finding, Verdict

MEGABYTE = 1024 * 1024
#: Less than this is free: uploads and exports will fail soon, or do so now (bytes).
LITTLE_ROOM, NO_ROOM = 2048 * MEGABYTE, 256 * MEGABYTE
#: How far this machine's clock and the database's may be apart.
DRIFT, TOO_MUCH_DRIFT = timedelta(seconds=2), timedelta(seconds=60)


def machine() -> Iterator[Finding]:
    folder = Path(settings.DATA_DIR)
    yield judge_room(folder, shutil.disk_usage(folder).free)
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
