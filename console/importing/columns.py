"""Columns: what a file may have, what each means, and how its cells become values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Choices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from import_export import fields, widgets

from console.importing.exceptions import CellError


class Column(fields.Field):
    """A field of a resource that can explain itself.

    ``meaning`` is shown on the import page, ``samples`` fill the sample file. A ``required``
    column has to be in the file, and its cells must have something in them. With
    ``blank_keeps``, an empty cell leaves what is there, and a new row gets the model's default.
    A ``key`` column finds the row; it is never written to one that exists.
    """

    def __init__(
        self,
        *args: Any,
        meaning: str | Promise,
        samples: tuple[str, str],
        required: bool = False,
        blank_keeps: bool = False,
        key: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.meaning = meaning
        self.samples = samples
        self.required = required
        self.blank_keeps = blank_keeps
        self.key = key

    def clean(self, row: dict[str, str], **kwargs: Any) -> Any:
        """The cell's value. Raises ``CellError``."""
        text = row[self.column_name]
        if not text and self.required:
            raise CellError(_("This cell must not be empty."))
        return self.widget.clean(text, row=row)

    def save(self, instance: Any, row: dict[str, str], is_m2m: bool = False, **kwargs: Any) -> None:
        if self.readonly or (self.blank_keeps and not row[self.column_name]):
            return
        setattr(instance, self.attribute, self.clean(row))

    def comparable(self, value: Any) -> Any:
        """What tells a changed value from an unchanged one: an export, spreadsheet and all,
        has to come back unchanged."""
        return one_spelling(value) if isinstance(value, str) else value


def one_spelling(text: str) -> str:
    """The text without blanks at its ends and with one kind of line end."""
    return text.strip().replace("\r\n", "\n").replace("\r", "\n")


class Text(widgets.Widget):
    """Any text; ``lower`` for what has no capitals, such as an e-mail address."""

    def __init__(self, *, lower: bool = False) -> None:
        super().__init__()
        self.lower = lower

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if "\x00" in value:
            raise CellError(_("There is a character in this cell that cannot be stored."))
        text = one_spelling(value)
        return text.lower() if self.lower else text

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class Day(widgets.Widget):
    """A date as 2026-11-22; nothing else, so that no date is guessed."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> date | None:
        if not value:
            return None
        try:
            if len(value) == 10:
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise CellError(_("“%(value)s” is not a date such as 2026-11-22."), value=value)

    def render(self, value: date | None, obj: Any = None, **kwargs: Any) -> Any:
        if value is None:
            return ""
        return value if kwargs.get("force_native_type") else value.isoformat()


class Amount(widgets.Widget):
    """An amount of money as 1250.00."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Decimal:
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or not value.isascii() or "_" in value:
            raise CellError(_("“%(value)s” is not an amount such as 1250.00."), value=value)
        return amount

    def render(self, value: Decimal | None, obj: Any = None, **kwargs: Any) -> Any:
        if value is None or kwargs.get("force_native_type"):
            return "" if value is None else value
        return str(value)


class OneOf(widgets.Widget):
    """One of a model's choices, by code, name or label, whatever the capitals."""

    def __init__(self, choices: type[Choices]) -> None:
        super().__init__()
        self.choices = choices

    def _spelled(self, text: Any) -> str:
        return str(text).casefold().replace("_", " ").replace("-", " ").strip()

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        # Built when first needed: labels are in the language of the request.
        known = self.__dict__.get("known")
        if known is None:
            known = self.known = {
                self._spelled(spelling): choice.value
                for choice in self.choices
                for spelling in (choice.label, choice.name, choice.value)
            }
        try:
            return known[self._spelled(value)]
        except KeyError:
            allowed = ", ".join(str(choice.label) for choice in self.choices)
            raise CellError(
                _("“%(value)s” is not known here. Use one of: %(allowed)s."),
                value=value,
                allowed=allowed,
            ) from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(self.choices(value).name.lower())


class Known(widgets.Widget):
    """Another row, by its key, from rows that were loaded for the whole file.

    ``load`` takes all the keys of the file and returns the rows by key, with one query.
    """

    def __init__(
        self,
        load: Callable[[Iterable[str]], dict[str, Any]],
        *,
        key: Callable[[Any], str],
        unknown: str | Promise,
        lower: bool = True,
    ) -> None:
        super().__init__()
        self._load = load
        self._key = key
        self._unknown = unknown
        self._lower = lower
        self._rows: dict[str, Any] = {}

    def _spelled(self, text: str) -> str:
        return text.lower() if self._lower else text

    def preload(self, cells: Iterable[str]) -> None:
        self._rows = self._load({self._spelled(cell) for cell in cells if cell})

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        if not value:
            return None
        try:
            return self._rows[self._spelled(value)]
        except KeyError:
            raise CellError(self._unknown, value=value) from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else self._key(value)
