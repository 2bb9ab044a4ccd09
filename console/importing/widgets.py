"""How the cells of a column become values, and values cells again. All errors are ``CellError``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, ClassVar

from django.db.models import Choices, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from import_export.widgets import Widget

from console.importing.choosing import OFFERED, Choosing, MaySee, parts_of, spelled
from console.importing.exceptions import CellError, Whole
from console.importing.loader import in_batches
from console.names import composed

#: The pairs of a model field's ``choices``.
Pairs = Callable[[], Iterable[tuple[Any, Any]]]


def one_spelling(text: str) -> str:
    """The text without blanks at its ends, with one kind of line end and of accented letters."""
    return composed(text).strip().replace("\r\n", "\n").replace("\r", "\n")


class Text(Widget):
    """Any text; ``lower`` for what has no capitals, such as an e-mail address.

    ``max_length`` is for text fields, whose own is a rule of forms alone.
    """

    def __init__(self, *, lower: bool = False, max_length: int | None = None) -> None:
        super().__init__()
        self.lower = lower
        self.max_length = max_length

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if "\x00" in value:
            raise CellError(_("There is a character in this cell that cannot be stored."))
        text = one_spelling(value)
        if self.max_length is not None and len(text) > self.max_length:
            raise CellError(_("Use %(max)d characters at the most."), max=self.max_length)
        return text.lower() if self.lower else text

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class Several(Choosing, Widget):
    """Several values with commas between them, in any order; ``each`` reads one of them.

    A file gives a row ``at_most`` so many, unless the row has as many already.
    """

    remembers = True
    is_several = True

    def __init__(self, each: Widget, *, at_most: int) -> None:
        super().__init__()
        self.each = each
        self.at_most = at_most

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> list[Any]:
        parts = {" ".join(part.split()) for part in value.split(",")} - {""}
        return sorted({self.each.clean(part) for part in parts})

    def unknown_among(self, texts: Collection[str]) -> set[str]:
        return self.each.unknown_among(texts) if isinstance(self.each, Choosing) else set()

    def options(self) -> list[tuple[str, str]]:
        return self.each.options() if isinstance(self.each, Choosing) else []

    def render(self, value: Iterable[Any] | None, obj: Any = None, **kwargs: Any) -> str:
        return ", ".join(self.each.render(one) for one in value or ())


class YesNo(Widget):
    """Yes or no; also true and false, 1 and 0, as spreadsheets write them, in the languages that
    headings may have."""

    remembers = True
    WORDS: ClassVar[Mapping[str, bool]] = {
        **dict.fromkeys(
            ("yes", "y", "true", "1", "ja", "wahr", "oui", "vrai", "sand", "sim", "verdadeiro"),
            True,
        ),
        **dict.fromkeys(
            ("no", "n", "false", "0", "nein", "falsch", "non", "faux", "nej", "falsk", "não",
             "falso"),
            False,
        ),
    }  # fmt: skip

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> bool:
        try:
            return self.WORDS[value.casefold()]
        except KeyError:
            message = _("“%(value)s” is neither yes nor no. Write “yes” or “no”.")
            raise CellError(message, value=value) from None

    def render(self, value: bool | None, obj: Any = None, **kwargs: Any) -> str:
        return "yes" if value else "no"


class OneOf(Choosing, Widget):
    """One of a model's choices, by code, name or label, whatever the capitals.

    ``also`` are other words for them, as other programs write them, and the value of each.
    """

    remembers = True

    def __init__(
        self, choices: type[Choices] | Pairs, *, also: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__()
        self.choices = choices
        self._also = {spelled(word): value for word, value in (also or {}).items()}

    def _options(self) -> list[tuple[Any, str, str]]:
        """Value, code and label of each."""
        if isinstance(self.choices, type):
            return [(one.value, one.name.lower(), str(one.label)) for one in self.choices]
        return [(value, str(value), str(label)) for value, label in self.choices()]

    def _known(self) -> dict[str, Any]:
        # Built when first needed: labels are in the language of the request.
        known: dict[str, Any] | None = self.__dict__.get("known")
        if known is None:
            known = self.known = self._also | {
                spelled(spelling): found
                for found, code, label in self._options()
                for spelling in (label, code, found)
            }
        return known

    def unknown_among(self, texts: Collection[str]) -> set[str]:
        return {text for text in texts if spelled(text) not in self._known()}

    def options(self) -> list[tuple[str, str]]:
        return [(self.render(value), label) for value, _code, label in self._options()]

    def label(self, value: Any) -> str:
        """The value for people."""
        labels = (label for one, _code, label in self._options() if one == value)
        return next(labels, None) or self.render(value)

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        try:
            return self._known()[spelled(value)]
        except KeyError:
            allowed = ", ".join(label for _value, _code, label in self._options())
            raise CellError(
                _("“%(value)s” is not known here. Use one of: %(allowed)s."),
                value=value,
                allowed=Whole(allowed),
            ) from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        if isinstance(self.choices, type) and value in self.choices:
            return str(self.choices(value).name.lower())
        return "" if value is None else str(value)


class Known(Choosing, Widget):
    """Another row, by its key, from rows that were loaded for the whole file.

    ``load`` takes all the keys of the file, as they are written there and in lower case, and
    returns the rows by key, with one query. What could be several rows comes as the error that
    says so. ``rows`` are those that a form offers. ``content`` is what such keys look like; see
    ``suggesting``.
    """

    remembers = True
    names_others = True

    def __init__(
        self,
        load: Callable[[Iterable[str]], dict[str, Any]],
        *,
        key: Callable[[Any], str],
        unknown: str | Promise,
        lower: bool = True,
        content: str = "",
        rows: Callable[[], QuerySet[Any]] | None = None,
    ) -> None:
        super().__init__()
        self._offer = rows
        #: May be replaced by a resource that makes the rows that are missing.
        self.load = load
        self._look_up = load
        self.content = content
        self._key = key
        self._unknown = unknown
        self._lower = lower
        self._rows: dict[str, Any] = {}

    def _spelled(self, text: str) -> str:
        text = " ".join(text.split())
        return text.lower() if self._lower else text

    def preload(self, cells: Iterable[str]) -> None:
        written = {" ".join(cell.split()) for cell in cells if cell}
        # Both: a database has other capitals than Python for some letters.
        self._rows = self.load(written | {self._spelled(cell) for cell in written})

    def unknown_among(self, texts: Collection[str]) -> set[str]:
        unknown = set()
        for batch in in_batches(list(texts)):
            found = self._look_up({*batch, *map(self._spelled, batch)})
            good = {key for key, row in found.items() if not isinstance(row, CellError)}
            unknown |= {text for text in batch if self._spelled(text) not in good}
        return unknown

    def offered(self, may_see: MaySee) -> list[tuple[str, str]]:
        rows = self._offer() if self._offer else None
        if rows is None or not may_see(rows.model):
            return []
        return [(self._key(row), str(row)) for row in rows[:OFFERED]]

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        return self._row(value) if value else None

    def _row(self, value: str) -> Any:
        try:
            row = self._rows[self._spelled(value)]
        except KeyError:
            raise CellError(self._unknown, value=value) from None
        if isinstance(row, CellError):
            raise CellError(row.message, **row.params)
        return row

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else self._key(value)


class SeveralKnown(Known):
    """Several other rows by their keys, with commas between them, in any order; ``at_most`` as in
    ``Several``."""

    is_several = True

    def __init__(self, *args: Any, at_most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at_most = at_most

    def preload(self, cells: Iterable[str]) -> None:
        super().preload(part for cell in cells if cell for part in parts_of(cell))

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> list[Any]:
        parts = {self._spelled(part): part for part in value.split(",") if part.strip()}
        if unknown := [part.strip() for key, part in parts.items() if key not in self._rows]:
            raise CellError(self._unknown, value=", ".join(unknown))
        return [self._row(parts[key]) for key in sorted(parts)]

    def render(self, value: Iterable[Any] | None, obj: Any = None, **kwargs: Any) -> str:
        return ", ".join(sorted(map(self._key, value or ()), key=str.lower))

    def keys(self, rows: Iterable[Any]) -> frozenset[str]:
        """What tells two lists of rows apart, also where some are not saved yet."""
        return frozenset(self._spelled(self._key(row)) for row in rows)
