"""What an import did, for the page that comes after it: kept in the session, not in its address.

Every request reads the session, so what is kept of 50,000 new rows is as small as of one.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Q

from console.importing.results import ImportResult

SESSION_KEY = "imports_done"
#: How many are kept for each session, and for how long (seconds).
MAX_KEPT = 3
MAX_AGE = 60 * 60
#: So many runs of ids are kept of each import. An import has one, or a few where others added
#: rows at the same time.
MAX_RUNS = 100


@dataclass(frozen=True)
class Done:
    """An import that was confirmed. A session belongs to one user in one schema, and so does
    this."""

    model: str
    file_name: str
    summary: str
    #: The ids of exactly those rows that this import added, as the first and the last of each run.
    runs: list[list[int]]
    #: Whether there were more runs than are kept: then some of the new rows are not known here.
    is_cut: bool
    at: float

    @property
    def is_added(self) -> Q:
        """The rows that this import added, as a condition."""
        found = Q(pk__in=())
        for first, last in self.runs:
            found |= Q(pk__range=(first, last))
        return found


def keep_done(session: Any, model: str, result: ImportResult) -> str:
    """Keep what the import did; returns the key to it."""
    runs = _runs(result.added)
    is_cut = len(runs) > MAX_RUNS
    done = Done(
        model, result.file_name, result.summary(), runs[:MAX_RUNS], is_cut=is_cut, at=time.time()
    )
    key = secrets.token_hex(8)
    kept = list(session.get(SESSION_KEY, {}).items())[1 - MAX_KEPT :]
    session[SESSION_KEY] = dict([*kept, (key, asdict(done))])
    return key


def recall_done(session: Any, model: str, key: str) -> Done | None:
    """What was kept under the key, if it is an import of this model and not too long ago."""
    kept = session.get(SESSION_KEY, {}).get(key)
    try:
        done = Done(**kept) if kept else None
    except TypeError:  # A session from before an update.
        done = None
    if done is None or done.model != model or time.time() - done.at > MAX_AGE:
        return None
    return done


def _runs(ids: Iterable[int]) -> list[list[int]]:
    """The ids in order, as the first and the last of those that follow each other."""
    runs: list[list[int]] = []
    for pk in sorted(ids):
        if runs and runs[-1][1] + 1 >= pk:
            runs[-1][1] = pk
        else:
            runs.append([pk, pk])
    return runs
