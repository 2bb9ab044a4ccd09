"""What the doctor tells: one line for each thing that was tried."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


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


def listed(names: list[str], *, limit: int = 10) -> str:
    """The names, or the first of them and how many more there are."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")
