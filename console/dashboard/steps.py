"""First steps: what somebody who has just arrived does next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    text: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is for, whether it is done, and where to do it."""

    title: Any
    text: Any
    done: bool
    links: tuple[Link, ...]


def link_if(allowed: bool, name: str, text: Any) -> tuple[Link, ...]:
    """The link as a tuple of one, or of none where the user may not go there."""
    if not allowed:
        return ()
    try:
        return (Link(reverse(name), text),)
    except NoReverseMatch:  # a page that this installation does not have
        return ()
