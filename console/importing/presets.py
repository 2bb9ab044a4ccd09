"""What the exports of another program are like. A resource declares those that it knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

#: The cells of a file by heading: those of a preset's columns and helpers alone.
Cells = Mapping[str, str]


class Preset:
    """The export of one program, recognised by its headings; an instance reads one file, once.

    Headings are as ``heading`` spells them. Of several for one field, the first in ``columns``
    that a file has is the one. What is nothing but another word for a value belongs to the
    resource's own columns, for the files of all programs.
    """

    #: Its code, and what people call the program.
    name: ClassVar[str]
    title: ClassVar[str]
    #: The headings that no other program's files have together.
    signature: ClassVar[frozenset[str]]
    columns: ClassVar[dict[str, str]]
    #: By field, as in ``Mapping``.
    unknown: ClassVar[dict[str, str]] = {}
    #: Headings beside those of ``columns`` that ``row`` looks at, each with the field for which.
    helpers: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def fits(cls, headings: Iterable[str]) -> bool:
        return cls.signature.issubset(headings)

    @classmethod
    def looks_at(cls) -> frozenset[str]:
        return frozenset(cls.helpers) | cls.columns.keys()

    def begin(self, source: dict[str, str], rows: Iterator[Cells]) -> None:
        """Called before the first row. ``source`` has the heading that each field is read from;
        ``rows`` goes through the file, for what cannot be seen from one row."""
        self.source = source

    def row(self, cells: Cells, row: dict[str, str]) -> None:
        """Change ``row``, which is by field, to what the program means by these cells."""

    def notes(self) -> Iterator[str]:
        """What was done that nobody would expect, in sentences; asked when all rows are read."""
        return iter(())
