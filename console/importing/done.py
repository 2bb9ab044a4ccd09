"""What an import did, for the page that comes after it: kept in the session, not in its address."""

from __future__ import annotations

import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

from console.importing.results import ImportResult

SESSION_KEY = "imports_done"
#: How many are kept for each session, and for how long (seconds).
MAX_KEPT = 3
MAX_AGE = 60 * 60


@dataclass(frozen=True)
class Done:
    """An import that was confirmed. A session belongs to one user in one schema, and so does
    this."""

    model: str
    file_name: str
    summary: str
    #: The ids of exactly those rows that this import added.
    added: list[int]
    at: float


def keep_done(session: Any, model: str, result: ImportResult) -> str:
    """Keep what the import did; returns the key to it."""
    done = Done(model, result.file_name, result.summary(), result.added, time.time())
    key = secrets.token_hex(8)
    kept = list(session.get(SESSION_KEY, {}).items())[1 - MAX_KEPT :]
    session[SESSION_KEY] = dict([*kept, (key, asdict(done))])
    return key


def recall_done(session: Any, model: str, key: str) -> Done | None:
    """What was kept under the key, if it is an import of this model and not too long ago."""
    kept = session.get(SESSION_KEY, {}).get(key)
    done = Done(**kept) if kept else None
    if done is None or done.model != model or time.time() - done.at > MAX_AGE:
        return None
    return done
