"""Which field a column of a file is likely to be, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from console.importing.choosing import Choosing, parts_of
from console.importing.columns import Column
from console.importing.dates import read_date
from console.importing.exceptions import shorten
from console.importing.mapping import Mapping
from console.importing.presets import Preset
from console.importing.reading import DAY_FIRST, MONTH_FIRST
from console.importing.results import REASON

if TYPE_CHECKING:
    from console.importing.declared import DeclaredResource

#: So many rows are looked at, and so many different values of each column shown.
ROWS = 100
SAMPLES = 3
#: Why a column is a field.
OWN, ALIAS, CONTENT, PRESET, CHOSEN = "own", "alias", "content", "preset", "chosen"
#: Why it is none: nobody knows it, a better one has its field, somebody chose so.
UNKNOWN, SECOND, LEFT = "unknown", "second", "left"
#: And one that is none, but is looked at for another field.
HELPS = "helps"

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
_LETTER = re.compile(r"[^\W\d_]")
#: A column with one of these words in its heading is something that is not kept here: what is in
#: it says nothing, however much it looks like a due date or an assignee.
_ELSEWHERE = re.compile(
    r"(?<![^\W_])(created|updated|modified|changed|completed|closed|resolved|finished|viewed|start"
    r"|starts|started|begin|reporter|reported|creator|author|requester|requested|watcher|watchers"
    r"|follower|followers|approver|submitted|erstellt|ersteller|geändert|beginn|melder|créé|modifié"
    r"|oprettet|ændret|criado|alterado)(?![^\W_])"
)


@dataclass(frozen=True)
class FileColumn:
    """A column of a file: what it is, why, and what is in it."""

    heading: str
    #: Empty where it is not imported.
    field: str
    why: str
    samples: tuple[str, ...] = ()
    #: The heading that has the field, where this one would be it too; or the field that it helps.
    other: str = ""


def suggest(
    headings: list[str], rows: list[list[str]], resource: DeclaredResource
) -> tuple[Mapping, list[FileColumn]]:
    """A mapping for a file, and why it is that; ``rows`` are the first ``ROWS``.

    A column is a field because the program that wrote the file says so, or by its own name, by
    another name of the field, or else by what is in it.
    """
    preset = next((one for one in resource.presets if one.fits(headings)), None)
    found: dict[str, FileColumn] = {}
    taken: dict[str, str] = {}

    def lead(heading: str, field: str, why: str) -> None:
        if heading not in found:
            other = taken.setdefault(field, heading)
            if other == heading:
                found[heading] = FileColumn(heading, field, why)
            else:
                found[heading] = FileColumn(heading, "", SECOND, other=other)

    there = set(headings)
    for heading, field, why in _by_name(resource, preset):
        if heading in there:
            lead(heading, field, why)
    samples = {name: _values(place, rows) for place, name in enumerate(headings)}
    left = {name: values for name, values in samples.items() if name not in found and values}
    free = [column for column in resource.columns if column.column_name not in taken]
    for heading, field in _by_content(left, free):
        lead(heading, field, CONTENT)
    columns = [
        replace(found.get(name) or _no_field(name, preset), samples=_shown(samples[name]))
        for name in headings
        # What was wrong with each row, in a file of the console's own: nobody asks about it.
        if name != REASON
    ]
    return (
        Mapping(
            columns={column.heading: column.field for column in columns},
            unknown=dict(preset.unknown) if preset else {},
            preset=preset.name if preset else "",
        ),
        columns,
    )


def chosen(
    mapping: Mapping, headings: list[str], rows: list[list[str]], resource: DeclaredResource
) -> tuple[Mapping, list[FileColumn]]:
    """The same of a mapping that somebody chose: columns of which it says nothing stay out. Why
    a column is what it is, is said as it would be without a choice, where that comes to the same.
    """
    _suggested, columns = suggest(headings, rows, resource)
    taken = {field: heading for heading, field in mapping.columns.items() if field}
    found = []
    for column in columns:
        field = mapping.columns.get(column.heading, "")
        is_second = column.why == SECOND and column.other in taken.values()
        if field == column.field and (column.why != SECOND or is_second):
            found.append(column)
        else:
            found.append(replace(column, field=field, why=CHOSEN if field else LEFT, other=""))
    return replace(mapping, columns={c.heading: c.field for c in found}), found


def _by_name(resource: DeclaredResource, preset: Preset | None) -> Iterator[tuple[str, str, str]]:
    """Heading, field and why, the better ones first."""
    if preset:
        for heading, field in preset.columns.items():
            yield heading, field, PRESET
    for column in resource.columns:
        yield column.column_name, column.column_name, OWN
    for column in resource.columns:
        for alias in column.aliases:
            yield alias, column.column_name, ALIAS


def _no_field(heading: str, preset: type[Preset] | None) -> FileColumn:
    helped = preset.helpers.get(heading, "") if preset else ""
    return FileColumn(heading, "", HELPS if helped else UNKNOWN, other=helped)


def _values(place: int, rows: Iterable[list[str]]) -> list[str]:
    return list(dict.fromkeys(cells[place] for cells in rows if cells[place]))


def _shown(values: list[str]) -> tuple[str, ...]:
    return tuple(map(shorten, values[:SAMPLES]))


# --- by what is in it -------------------------------------------------------------------------


def _by_content(columns: dict[str, list[str]], free: list[Column]) -> Iterator[tuple[str, str]]:
    """A column and a field that fit each other and nothing else."""
    pairs = [
        (heading, field.column_name)
        for heading, values in columns.items()
        if not _ELSEWHERE.search(heading)
        for field in free
        if not (field.key or field.is_info) and _fits(field, values)
    ]
    for heading, field in pairs:
        rivals = [pair for pair in pairs if pair[0] == heading or pair[1] == field]
        if len(rivals) == 1:
            yield heading, field


def _fits(field: Column, values: list[str]) -> bool:
    if field.content:
        return all(map(_LOOKS[field.content], values))
    widget = field.widget
    # One word that is a value here may be anything; two are no accident. Numbers are: a column of
    # them counts something, whatever stands behind the values in the database.
    if not isinstance(widget, Choosing) or len(values) < 2 or not all(map(_LETTER.search, values)):
        return False
    return bool(widget.options()) and not widget.unknown_among(values)


def _is_email(text: str) -> bool:
    return all(map(_EMAIL.fullmatch, parts_of(text)))


def _is_date(text: str) -> bool:
    return any(read_date(text, order) for order in (DAY_FIRST, MONTH_FIRST))


_LOOKS: dict[str, Callable[[str], bool]] = {"email": _is_email, "date": _is_date}
