"""Rows of another model that a file needs and that are made with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from console.importing.exceptions import CellError, shorten
from console.importing.figures import grouped
from console.importing.writing import record_added
from console.postgres.bulk import insert_rows

#: How many of them the preview spells out.
NAMED = 5


class Newcomers:
    """Rows to be made, by key, and why some cannot be."""

    def __init__(self) -> None:
        self.rows: dict[Any, Model] = {}
        self.refused: dict[Any, CellError] = {}

    def begin(self, key: Any, row: Model, *, forbidden: CellError | None, invalid: Any) -> None:
        """Begin a row, to be made unless it is ``forbidden``. ``invalid`` is the sentence for one
        that breaks a rule of its model, with ``%(name)s`` and ``%(why)s``."""
        self.rows[key] = row
        if forbidden is not None:
            self.refused[key] = forbidden
            return
        try:
            row.clean_fields()
        except ValidationError as error:
            why = " ".join(error.messages)
            self.refused[key] = CellError(invalid, name=getattr(row, "name", row), why=why)

    def good(self) -> list[Model]:
        return [row for key, row in self.rows.items() if key not in self.refused]

    def note(self, words: Any) -> Iterator[str]:
        """The sentence for the preview, if any are made; ``words`` chooses it by their number."""
        if made := self.good():
            names = ", ".join(shorten(str(row)) for row in made[:NAMED])
            names += ", …" if len(made) > NAMED else ""
            yield words(len(made)) % {"n": grouped(len(made)), "names": names}

    def write(self) -> None:
        if made := self.good():
            insert_rows(type(made[0]), made)
            record_added(made)
