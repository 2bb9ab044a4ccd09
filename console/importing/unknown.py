"""The values of a file that nobody knows here, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.importing.choosing import Choosing, parts_of, spelled
from console.importing.columns import Column
from console.importing.exceptions import FileError, shorten
from console.importing.figures import grouped
from console.importing.mapping import DEFAULT, SKIP

if TYPE_CHECKING:
    from console.importing.declared import DeclaredResource
    from console.importing.table import Table

#: So many are shown of each column, and so many looked for.
SHOWN, AT_MOST = 100, 200_000
#: So many are spelled out in a sentence.
_NAMED = 5
_REMEMBERED = 1000


@dataclass(frozen=True)
class Unknown:
    """The values of one column that are not known here."""

    field: str
    #: The most frequent ones, each with the number of its rows.
    values: list[tuple[str, int]]
    #: How many there are; the values themselves, for what is done with them; and whether there
    #: are even more, which nobody looked for.
    count: int
    all: frozenset[str] = field(default=frozenset(), repr=False)
    is_cut: bool = False

    def replaced(self, what: str) -> dict[str, str]:
        """What is put in their place. Raises ``FileError`` where there are too many of them."""
        if self.is_cut:
            raise FileError(
                _("The column “%(name)s” has more than %(n)s different values. Leave it out."),
                name=self.field,
                n=grouped(AT_MOST),
            )
        return dict.fromkeys(self.all, "" if what == SKIP else what.removeprefix(DEFAULT))

    def sentence(self, name: str, what: str) -> str:
        """What becomes of them; ``name`` is what the file calls the column."""
        named = ", ".join(f"{shorten(text)} ({grouped(n)})" for text, n in self.values[:_NAMED])
        words = {
            "name": name,
            "n": grouped(self.count),
            "values": f"{named}, …" if self.count > _NAMED else named,
        }
        if what == SKIP:
            text = ngettext(
                "“%(name)s”: %(n)s value is not known here, and read as an empty cell: %(values)s.",
                "“%(name)s”: %(n)s values are not known here, and read as empty cells: %(values)s.",
                self.count,
            )
            return text % words
        text = ngettext(
            "“%(name)s”: %(n)s value is not known here, and read as “%(other)s”: %(values)s.",
            "“%(name)s”: %(n)s values are not known here, and read as “%(other)s”: %(values)s.",
            self.count,
        )
        return text % {**words, "other": shorten(what.removeprefix(DEFAULT))}


def find_unknown(table: Table, resource: DeclaredResource, among: Collection[str]) -> list[Unknown]:
    """Of these fields, the values of the file that nobody knows here, field by field.

    Goes through the rows once, or twice where a value may come in the file itself.
    """
    places = {name: place for place, name in enumerate(table.headers)}
    asked: dict[str, tuple[Column, Any]] = {
        column.column_name: (column, column.widget)
        for column in resource.columns
        if column.column_name in places
        and column.column_name in among
        and isinstance(column.widget, Choosing)
    }
    if not asked:
        return []
    counts: dict[str, Counter[str]] = {name: Counter() for name in asked}
    cut: set[str] = set()
    plan = [
        (name, places[name], places.get(widget.unless), widget.is_several, counts[name])
        for name, (_column, widget) in asked.items()
    ]
    for cells in table:
        for name, place, unless, is_several, count in plan:
            cell = cells[place]
            if not cell or (unless is not None and cells[unless]):
                continue
            for text in parts_of(cell) if is_several else (cell,):
                if len(count) < AT_MOST or text in count:
                    count[text] += 1
                else:
                    cut.add(name)
    found = {name: widget.unknown_among(counts[name]) for name, (_c, widget) in asked.items()}
    for name, (_column, widget) in asked.items():
        if found[name] and widget.or_in in places:
            asked_for = {text.upper(): text for text in found[name]}
            there = places[widget.or_in]
            found[name] -= {asked_for.get(cells[there].upper(), "") for cells in table}
    return [
        Unknown(
            name,
            [(text, n) for text, n in counts[name].most_common() if text in texts][:SHOWN],
            len(texts),
            frozenset(texts),
            name in cut,
        )
        for name, texts in found.items()
        if texts
    ]


class Replacing:
    """What is put in the place of a column's values."""

    def __init__(self, column: Column, values: dict[str, str]) -> None:
        self._is_several = isinstance(column.widget, Choosing) and column.widget.is_several
        self._values = {spelled(text): new for text, new in values.items()}
        #: Most cells of such a column are of a few values.
        self._one = lru_cache(maxsize=_REMEMBERED)(self._replaced)

    def __call__(self, cell: str) -> str:
        if self._is_several and "," in cell:
            return ", ".join(dict.fromkeys(filter(None, map(self._one, parts_of(cell)))))
        return self._one(cell)

    def _replaced(self, text: str) -> str:
        return self._values.get(spelled(text), text)
