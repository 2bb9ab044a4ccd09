"""Which row of a file is its header, and what its headings come to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from console.importing.exceptions import FileError, shorten
from console.names import composed

#: The header is looked for among so many rows that have something in them.
HEADER_WITHIN = 20
#: Exports of other programs have a column for each label, comment and file of a row.
MAX_COLUMNS = 500
#: A heading is known by so many of its characters; some forms have whole questions as headings.
MAX_HEADING = 1000

Row = tuple[int, list[str]]


def heading(cell: str) -> str:
    """A column's name as files may write it, in the one spelling that is compared."""
    return re.sub(r"[\s_-]+", "_", composed(cell).strip().lower())[:MAX_HEADING]


@dataclass(frozen=True)
class Wanted:
    """What a resource looks for in a header."""

    names: frozenset[str]
    #: Columns of several values: one that comes more than once has a value in each.
    several: frozenset[str]
    #: The columns without which a file with these headers is refused.
    needed: Callable[[list[str]], list[str]]
    #: Other names under which files have the columns, and which each of them is.
    aliases: Mapping[str, str] = field(default_factory=dict)

    def score(self, cells: list[str]) -> tuple[bool, int]:
        """How much the row is a header; ``(False, 0)`` where it is none. Sorts."""
        headers = [heading(cell) for cell in cells[: MAX_COLUMNS + 1]]
        found = self.names.intersection(self.aliases.get(name, name) for name in headers)
        return bool(found) and set(self.needed(list(found))) <= found, len(found)


def find_header(rows: list[Row], wanted: Wanted | None, line: int = 0) -> int:
    """The place of the header among the first rows: the one on that ``line``, or else the first
    of those with the most columns that are known, all that are needed counting more than many.
    Where nothing is known it is the first row."""
    if line:
        return next((place for place, row in enumerate(rows) if row[0] == line), 0)
    if wanted is None:
        return 0
    scores = [wanted.score(cells) for _line, cells in rows]
    return scores.index(max(scores))


class Headings:
    """The columns of a table, made from the cells of its header.

    Headings may come more than once: the values of a column of several are put together, and of
    any other the first cell of a row that has something in it is kept. Raises ``FileError`` for
    too many columns.
    """

    def __init__(self, cells: list[str], line: int, wanted: Wanted | None) -> None:
        while cells and not cells[-1].strip():
            cells.pop()
        if len(cells) > MAX_COLUMNS:
            raise FileError(_("The file has more than %(n)d columns."), n=MAX_COLUMNS)
        #: How many cells a row has to have.
        self.width = len(cells)
        self._line = line
        headers = [heading(cell) for cell in cells]
        places: dict[str, list[int]] = {}
        for place, name in enumerate(headers):
            places.setdefault(name, []).append(place)
        #: Columns without a heading: good as long as nothing is in them.
        self._nameless = places.pop("", [])
        self.names = list(places)
        #: As the file writes them, for people.
        self.written = {name: shorten(cells[there[0]]) for name, there in places.items()}
        self._places = list(places.values())
        self._joined = wanted.several if wanted else frozenset()
        #: The headings of which one cell of several is kept, each with the number of rows in which
        #: another one had something else.
        self.repeated = {
            name: 0 for name, there in places.items() if len(there) > 1 and name not in self._joined
        }
        self._is_plain = len(self.names) == self.width

    def arrange(self, cells: list[str]) -> list[str]:
        """The cells of a row, which have no blanks at their ends, one for each of the names.

        Raises ``FileError``.
        """
        if self._is_plain:
            return cells
        for place in self._nameless:
            if cells[place]:
                raise FileError(
                    _("Column %(n)d has no heading in line %(line)d."),
                    n=place + 1,
                    line=self._line,
                )
        arranged: list[str] = []
        for name, places in zip(self.names, self._places, strict=True):
            filled = [cell for place in places if (cell := cells[place])]
            if len(filled) > 1 and name in self._joined:
                arranged.append(", ".join(filled))
            else:
                arranged.append(filled[0] if filled else "")
                if any(cell != filled[0] for cell in filled[1:]):
                    self.repeated[name] += 1
        return arranged
