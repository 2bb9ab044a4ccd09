"""Who is at work, and at what: what a block changes is written into the history as such."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from auditlog.cid import correlation_id
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name

from console.postgres.contexts import tenants_connection

#: Among the details of an event: whoever it was had not signed in.
BY_A_STRANGER = "by_a_stranger"


def who(email: str) -> str:
    """Whoever a record names by this address, in words; nobody who signed in has none."""
    return email or nobody()


def nobody() -> str:
    """Whoever is at work without having signed in: to a company, those who run its pages."""
    if tenants_connection().schema_name == get_public_schema_name():
        return _("an operator, in a terminal")
    return _("your provider")


@dataclass(frozen=True, slots=True)
class Actor:
    """A user, and the schema whose table of users they are in: ids mean nothing elsewhere."""

    user: Any
    schema: str


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


@contextmanager
def acting_as(user: Any) -> Iterator[None]:
    """Changes in the block are this user's; ``None`` is an operator in a terminal.

    The user may be lazy and is only looked at when something is written. Blocks may be nested.
    """
    actor = None if user is None else Actor(user, tenants_connection().schema_name)
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def current_actor() -> Actor | None:
    """Who is at work; ``None`` where nobody who signed in is."""
    actor = _actor.get()
    return actor if actor is not None and actor.user.is_authenticated else None


@contextmanager
def part_of(whole: str) -> Iterator[None]:
    """Every entry that the block writes carries this as its ``cid``: they belong together."""
    token = correlation_id.set(whole)
    try:
        yield
    finally:
        correlation_id.reset(token)


@dataclass(slots=True)
class Happening:
    """What the changes of one object mean that are saved now."""

    obj: Any
    event: str
    details: dict[str, Any]
    is_written: bool = False


_happening: ContextVar[Happening | None] = ContextVar("happening", default=None)


@contextmanager
def happening(obj: Any, event: str, details: dict[str, Any]) -> Iterator[Happening]:
    """The change of ``obj`` that is saved in the block is written down under the event's name."""
    change = Happening(obj, event, details)
    token = _happening.set(change)
    try:
        yield change
    finally:
        _happening.reset(token)


def current_happening(obj: Any) -> Happening | None:
    change = _happening.get()
    return change if change is not None and change.obj is obj else None
