"""What happens beside the saving of rows, in words: each app names the events that it records."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Model
from django.utils.dateparse import parse_date
from django.utils.formats import date_format

#: For each code a name, and a sentence with the details of the entry in it as ``%(name)s``.
_events: dict[str, tuple[Any, Any]] = {}
#: What each happens to, where an app has said so.
_about: dict[str, type[Model]] = {}


def name_events(events: Mapping[str, tuple[Any, Any]], *, about: type[Model] | None = None) -> None:
    """Say what the codes mean that are given to ``record_event`` and ``save_as``: a short name
    and a sentence for each. ``about`` is the model that they happen to: no log offers to look for
    them where nobody sees any of those."""
    _events.update(events)
    if about is not None:
        _about.update(dict.fromkeys(events, about))


def checked(event: str) -> str:
    """The code, if an app has said what it means. Raises ``ValueError``: what nobody can read is
    not written."""
    if event not in _events:
        raise ValueError(f"No app has named the event “{event}” by name_events().")
    return str(event)


def name_of(event: str) -> str:
    return str(_events[event][0]) if event in _events else event.replace("_", " ")


def named_events(models: Collection[type[Model]]) -> list[tuple[str, str]]:
    """The code and the name of each event that may happen to one of the models, by name."""
    codes = [code for code in _events if code not in _about or _about[code] in models]
    return sorted(((code, name_of(code)) for code in codes), key=lambda event: event[1])


def sentence(event: str, details: Mapping[str, Any] | None) -> str:
    """The event in words; a ``reason`` among the details stands behind it.

    A code that nobody knows any more is shown as it is: the history outlives the code.
    """
    shown = _Details({name: _in_words(value) for name, value in (details or {}).items()})
    text = str(_events[event][1]) % shown if event in _events else name_of(event)
    return f"{text} \N{EN DASH} {shown['reason']}" if (details or {}).get("reason") else text


class _Details(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "\N{EN DASH}"


def _in_words(value: Any) -> str:
    try:
        day = parse_date(value) if isinstance(value, str) else None
    except ValueError:  # It looks like a day and is none.
        day = None
    return date_format(day) if day else str(value)
