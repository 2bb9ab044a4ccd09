"""What came of an import: totals, the first rows of each sort, and errors by kind.

Nothing here grows with the file, so neither does the page that shows it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from import_export.results import Result, RowResult

from console.importing.exceptions import shorten
from console.importing.table import Table

logger = logging.getLogger(__name__)

#: Rows that are kept of each sort, kinds of error, errors of one kind, and errors on one page.
SAMPLES = 20
MAX_KINDS = 50
EXAMPLES_PER_KIND = 20
EXAMPLES_SHOWN = 100
#: A cell is shown at this length at the most.
CELL_SHOWN = 120


class ImportedRow(RowResult):
    """A row's outcome, with what a preview shows of it."""

    def __init__(self) -> None:
        super().__init__()
        self.line = 0
        self.key = ""
        #: Column, old text (``None`` where it does not change) and text of the file.
        self.cells: list[tuple[str, str | None, str]] = []

    @property
    def changes(self) -> list[tuple[str, str | None, str]]:
        return [cell for cell in self.cells if cell[1] is not None]

    def add_instance_info(self, instance: Any) -> None:
        """Left out: it would write out every row, and nothing here reads it."""


@dataclass
class Kind:
    """Errors that differ in nothing but line and value; ``examples`` are lines and sentences."""

    column: str
    count: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.examples)


class ImportResult(Result):
    """The library's result, bounded."""

    def __init__(self) -> None:
        super().__init__()
        self.samples: dict[str, list[ImportedRow]] = {}
        self.kinds: dict[tuple[str, str], Kind] = {}
        self.error_count = 0
        #: The name that the person gave the file.
        self.file_name = ""
        #: Sentences about the file as a whole: columns that are not known, projects to be made.
        self.warnings: list[str] = []
        self.notes: list[str] = []

    def locate(self, table: Table) -> None:
        """Give errors their line of the file, where the library counts rows."""
        for kind in self.kinds.values():
            kind.examples = [(table.line(number), text) for number, text in kind.examples]

    def warn_of_columns(self, unknown: list[str]) -> None:
        names = "”, “".join(shorten(name) for name in unknown)
        self.warnings.append(
            ngettext(
                "The column “%(names)s” is not known here and will not be imported.",
                "The columns “%(names)s” are not known here and will not be imported.",
                len(unknown),
            )
            % {"names": shorten(names, 500)}
        )

    # --- what the library calls for each row ---------------------------------------------------

    def append_row_result(self, row_result: RowResult) -> None:
        kept = self.samples.setdefault(row_result.import_type, [])
        if len(kept) < SAMPLES and isinstance(row_result, ImportedRow):
            kept.append(row_result)

    def append_invalid_row(self, number: int, row: Any, validation_error: Any) -> None:
        for column, error in _flat(validation_error):
            self._add(number, column, error)

    def append_error_row(self, number: int, row: Any, errors: list[Any]) -> None:
        # A mistake of this program, not of the file: the log has the rest.
        logger.error("Row %s of an import failed.", number, exc_info=errors[0].error)
        self._add(
            number,
            "",
            ValidationError(
                _("This row met an error of the console itself. Its log has the details.")
            ),
        )

    def _add(self, number: int, column: str, error: ValidationError) -> None:
        self.error_count += 1
        # A message with a plural has no text before its number is known, but then it has a code.
        key = (column, str(error.message) or str(error.code))
        if key not in self.kinds and len(self.kinds) >= MAX_KINDS:
            key = ("", "")
        kind = self.kinds.setdefault(key, Kind(column=key[0]))
        kind.count += 1
        if len(kind.examples) < EXAMPLES_PER_KIND:
            params = {
                name: shorten(value) if isinstance(value, str) else value
                for name, value in (error.params or {}).items()
            }
            text = ValidationError(error.message, error.code, params).messages[0]
            kind.examples.append((number, shorten(text, 300)))

    # --- what pages and commands ask -----------------------------------------------------------

    def row_errors(self) -> list[Any]:
        return []

    def has_errors(self) -> bool:
        return bool(self.base_errors) or self.error_count > 0

    def has_validation_errors(self) -> bool:
        return self.has_errors()

    @property
    def new(self) -> int:
        return self.totals[RowResult.IMPORT_TYPE_NEW]

    @property
    def changed(self) -> int:
        return self.totals[RowResult.IMPORT_TYPE_UPDATE]

    @property
    def unchanged(self) -> int:
        return self.totals[RowResult.IMPORT_TYPE_SKIP]

    @property
    def in_error(self) -> int:
        """Rows with an error; a row may have several."""
        return self.totals[RowResult.IMPORT_TYPE_INVALID] + self.totals[RowResult.IMPORT_TYPE_ERROR]

    def errors_by_kind(self) -> Iterator[Kind]:
        """The kinds, the most frequent first, with ``EXAMPLES_SHOWN`` examples in all.

        Each kind keeps at least one example, so that none goes unseen.
        """
        kinds = sorted(self.kinds.values(), key=lambda kind: -kind.count)
        left = EXAMPLES_SHOWN - len(kinds)
        for kind in kinds:
            extra = min(left, len(kind.examples) - 1)
            left -= extra
            yield Kind(kind.column, kind.count, kind.examples[: 1 + extra])

    def summary(self) -> str:
        """The totals in one line."""
        return _("%(new)d new, %(changed)d changed, %(unchanged)d unchanged") % {
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
        }


def _flat(error: ValidationError) -> Iterator[tuple[str, ValidationError]]:
    """Each single error with its column; an error of no column has the column ``""``."""
    if not hasattr(error, "error_dict"):
        yield from (("", single) for single in error.error_list)
        return
    for column, errors in error.error_dict.items():
        for single in errors:
            yield ("" if column == NON_FIELD_ERRORS else column), single
