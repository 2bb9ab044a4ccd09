"""What the doctor tells: one line for each thing that was tried."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from psycopg import errors


class Verdict(StrEnum):
    OK = "ok"
    #: It works, and somebody should look at it.
    WARNING = "warning"
    #: Tenants are not kept apart, or the console does not do its work.
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """``name`` is stable, for scripts. ``to_do`` is empty where all is well."""

    name: str
    tried: str
    seen: str
    verdict: Verdict = Verdict.OK
    to_do: str = ""

    def as_dict(self) -> dict[str, str]:
        return {key: str(value) for key, value in asdict(self).items()}


def found(
    name: str, tried: str, seen: str, *, fine: bool, to_do: str, bad: Verdict = Verdict.FAILED
) -> Finding:
    """A finding that is ok where it is ``fine``, and otherwise ``bad`` with what is to be done."""
    return Finding(name, tried, seen) if fine else Finding(name, tried, seen, bad, to_do)


def could_not(name: str, tried: str, exc: Exception) -> Finding:
    """A finding for what broke before it showed anything."""
    cause = exc.__cause__
    if isinstance(cause, errors.InsufficientPrivilege):
        to_do = "Run “manage.py sync_roles”."
    elif isinstance(cause, errors.LockNotAvailable | errors.QueryCanceled):
        to_do = "Somebody holds a lock, or the server is slow: pg_locks and pg_blocking_pids() say "
        to_do += "who. Run it again when that is over."
    else:
        to_do = "Mend that first; the log has more."
    return Finding(name, tried, f"It could not be tried: {first_line(exc)}", Verdict.FAILED, to_do)


def first_line(exc: Exception) -> str:
    return (str(exc).splitlines() or [""])[0] or type(exc).__name__


def listed(names: list[str], *, limit: int = 10) -> str:
    """The names, or the first of them and how many more there are."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")
