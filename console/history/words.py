"""Entries of the history in words: what was changed, with values as people know them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.timezone import is_naive, localtime
from django.utils.translation import gettext as _

from console.history.acting import BY_A_STRANGER, who
from console.history.events import sentence
from console.history.models import LogEntry

Action = LogEntry.Action
NOTHING = "\N{EN DASH}"
#: A longer text is folded away where entries stand in a list.
LONG = 80

#: Names of the objects that foreign keys lead to: by model, by key.
_Names = dict[type[models.Model], dict[Any, str]]


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what it is called, and its value before and after, in words."""

    field: str
    label: str
    before: str
    after: str

    @property
    def is_long(self) -> bool:
        return max(len(self.before), len(self.after)) > LONG

    def __str__(self) -> str:
        return f"{self.label}: {self.before} \N{RIGHTWARDS ARROW} {self.after}"


@dataclass(frozen=True, slots=True)
class Told:
    """An entry in words."""

    entry: LogEntry
    #: What happened; empty where the changes say it all.
    text: str
    changes: tuple[Change, ...]

    @property
    def who(self) -> str:
        if (self.entry.additional_data or {}).get(BY_A_STRANGER):
            return _("somebody who was not signed in")
        return who(self.entry.actor_email)

    @property
    def beside_name(self) -> str:
        """The text for a place beside the name of what it is about."""
        if self.entry.event or not self.text:
            return self.text
        return _ALONE[self.entry.action]()

    @property
    def said_by_changes(self) -> tuple[Change, ...]:
        """The changes that belong beside the text: not those of a whole object that came or
        went, and none where an event says what they mean."""
        is_update = self.entry.action == Action.UPDATE and not self.entry.event
        return self.changes if is_update else ()


#: What happened, without the name of what it happened to.
_ALONE: dict[int, Callable[[], str]] = {
    Action.CREATE: lambda: _("Added"),
    Action.DELETE: lambda: _("Removed"),
    Action.UPDATE: lambda: _("Changed"),
}


def tell(entries: Iterable[LogEntry]) -> list[Told]:
    """The entries in words, in their order; one query for each model that their keys lead to.

    The entries must have been read with their ``content_type``.
    """
    entries = list(entries)
    names = _names(entries)
    return [Told(entry, _text(entry), tuple(_changes(entry, names))) for entry in entries]


def kind_of(entry: LogEntry) -> str:
    """What sort of thing the entry is about, such as “domain”."""
    model = entry.content_type.model_class()
    return str(model._meta.verbose_name) if model else entry.content_type.model


def is_about_itself(entry: LogEntry) -> bool:
    """Whether the entry is about its subject, and not about a part of it."""
    return entry.subject in ("", f"{_label(entry)}:{entry.object_pk}")


def _label(entry: LogEntry) -> str:
    return f"{entry.content_type.app_label}.{entry.content_type.model}"


def _text(entry: LogEntry) -> str:
    if entry.event:
        return sentence(entry.event, entry.additional_data)
    about = {"kind": capfirst(kind_of(entry)), "name": entry.object_repr}
    if entry.action == Action.CREATE:
        return _("%(kind)s %(name)s added") % about
    if entry.action == Action.DELETE:
        return _("%(kind)s %(name)s removed") % about
    if entry.action == Action.UPDATE and not is_about_itself(entry):
        return _("%(kind)s %(name)s changed") % about
    return ""


def _changes(entry: LogEntry, names: _Names) -> list[Change]:
    model = entry.content_type.model_class()
    changes = []
    for name, values in (entry.changes or {}).items():
        field = _field(model, name)
        if model is not None and (field is None or field.primary_key):
            continue  # The other end of a relation, a field that is no more, a bare number.
        label = capfirst(str(field.verbose_name)) if field is not None else name
        if isinstance(values, dict):
            changes.append(_change_of_many(name, label, values))
            continue
        before, after = (_said(model, field, value, names) for value in values)
        if isinstance(field, models.FileField) and all(values) and values[0] != values[1]:
            after = _("another file")
        if before != after:
            changes.append(Change(name, label, before, after))
    order = {field.name: place for place, field in enumerate(model._meta.fields)} if model else {}
    return sorted(changes, key=lambda change: order.get(change.field, len(order)))


def _change_of_many(name: str, label: str, values: dict[str, Any]) -> Change:
    """A change of a many-to-many field, of which only what came and what went is written down."""
    objects = ", ".join(str(each) for each in values.get("objects", ())) or NOTHING
    if values.get("operation") == "exchange":
        taken_out = ", ".join(str(each) for each in values.get("taken_out", ()))
        return Change(name, label, taken_out or NOTHING, objects)
    if values.get("operation") == "add":
        return Change(name, _("%(field)s, added") % {"field": label}, NOTHING, objects)
    return Change(name, _("%(field)s, removed") % {"field": label}, objects, NOTHING)


def _field(model: type[models.Model] | None, name: str) -> models.Field[Any, Any] | None:
    if model is None:
        return None
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, models.Field) else None


def _said(model: Any, field: Any, value: Any, names: _Names) -> str:
    """The value in the model's own words, where its ``history_words`` has some for the field."""
    own = getattr(model, "history_words", {}).get(field.name if field is not None else "")
    return str(own(value)) if own and value is not None else _value(field, value, names)


def _value(field: Any, value: Any, names: _Names) -> str:
    """A value as people know it: a label for a choice, a name for a key, a date as dates are."""
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(_value(getattr(field, "base_field", None), each, names) for each in value)
    if getattr(field, "choices", None):
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.ForeignKey):
        if not str(value).isdigit():
            return str(value)  # What is deleted has its name there; see ``emptied``.
        known = names.get(field.related_model, {})
        return known.get(str(value), _("no longer there"))
    for kind, read in _READERS.items():
        if isinstance(field, kind):
            try:
                return read(value) or str(value)
            except (ValueError, TypeError, ArithmeticError):
                break
    return str(value)


def in_words(moment: datetime) -> str:
    """The time in the reader's zone, with its name."""
    moment = localtime(moment)
    return f"{date_format(moment, 'DATETIME_FORMAT')} {moment.tzname()}"


def _moment(value: str) -> str:
    """A time, which is written down in UTC without saying so."""
    moment = parse_datetime(value)
    if moment is None:
        return ""
    return in_words(moment.replace(tzinfo=UTC) if is_naive(moment) else moment)


def _day(value: str) -> str:
    day = parse_date(value)
    return date_format(day) if day else ""


# The first that fits: a time is a day too, to Django.
_READERS: dict[type[models.Field[Any, Any]], Any] = {
    models.DateTimeField: _moment,
    models.DateField: _day,
    # The name of a file is made up; nobody has seen it.
    models.FileField: lambda value: _("a file"),
    # Without noughts at its end: a file has 2.50 where the database has 2.5.
    models.DecimalField: lambda value: number_format(f"{Decimal(value).normalize():f}"),
    models.IntegerField: partial(number_format, use_l10n=True, force_grouping=True),
}


def _names(entries: list[LogEntry]) -> _Names:
    """What the keys in the changes stand for; one query for each model."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for entry in entries:
        model = entry.content_type.model_class()
        for name, values in (entry.changes or {}).items():
            field = _field(model, name)
            if isinstance(field, models.ForeignKey) and not isinstance(values, dict):
                keys = (key for key in values if str(key).isdigit())
                wanted[field.related_model].update(keys)
    return {model: _names_of(model, keys) for model, keys in wanted.items()}


def _names_of(model: type[models.Model], keys: set[Any]) -> dict[str, str]:
    """By one query: a model whose names are made of other rows says so by ``named_with``."""
    objects = model._base_manager.filter(pk__in=keys)
    if needed := getattr(model, "named_with", ()):
        objects = objects.select_related(*needed)
    return {str(obj.pk): str(obj) for obj in objects}
