"""Entries that belong together, because one thing that somebody did wrote them all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from console.history.models import LogEntry

#: What an entry is a part of: in words, and where more of it is, if the reader may go there.
Whole = tuple[str, str]
#: From keys, who reads and where, to the wholes that are known by these keys.
Name = Callable[[set[int], HttpRequest, AdminSite], dict[int, Whole]]

_names: dict[str, Name] = {}


def name_together(kind: str, name: Name) -> None:
    """Say what the entries are parts of whose ``cid`` is ``kind:key``."""
    _names[kind] = name


def wholes_of(
    entries: Iterable[LogEntry], request: HttpRequest, site: AdminSite
) -> dict[str, Whole]:
    """What the entries are parts of, by their ``cid``; one query for each kind of whole."""
    keys: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        kind, _colon, key = (entry.cid or "").partition(":")
        if kind in _names and key.isdecimal():
            keys[kind].add(int(key))
    return {
        f"{kind}:{key}": whole
        for kind, wanted in keys.items()
        for key, whole in _names[kind](wanted, request, site).items()
    }
