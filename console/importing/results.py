"""What came of an import: totals, the first rows of each sort, and errors by column.

What is shown does not grow with the file, so neither does the page that shows it.
"""

from __future__ import annotations

import hashlib
import logging
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from import_export.results import Result, RowResult

from console.importing.exceptions import Whole, shorten
from console.importing.figures import grouped
from console.importing.table import Table

logger = logging.getLogger(__name__)

#: Rows that are kept of each sort, kinds of error, different sentences of one kind and on one page,
#: and lines of one sentence.
SAMPLES = 20
MAX_KINDS = 50
SENTENCES_PER_KIND = 20
SENTENCES_SHOWN = 100
LINES_SHOWN = 10
#: The last column of a file of faulty rows. It is known in any file, and not read.
REASON = "reason"
#: A cell is shown at this length at the most.
CELL_SHOWN = 120


class ImportedRow(RowResult):
    """A row's outcome, with what a preview shows of it."""

    def __init__(self) -> None:
        super().__init__()
        self.line = 0
        self.key = ""
        #: What the row is here, and by column the values that it changes: for ``digest``.
        self.here: tuple[Any, ...] = ()
        #: Column, old text (``None`` where it does not change) and text of the file.
        self.cells: list[tuple[str, str | None, str]] = []

    @property
    def changes(self) -> list[tuple[str, str | None, str]]:
        return [cell for cell in self.cells if cell[1] is not None]

    def add_instance_info(self, instance: Any) -> None:
        """Left out: it would write out every row, and nothing here reads it."""


@dataclass
class Sentence:
    """What is wrong, word for word, and where; the first lines are kept."""

    text: str
    count: int = 0
    lines: list[int] = field(default_factory=list)

    @property
    def where(self) -> str:
        """Such as “Lines 2, 5, 9, … (300)”."""
        lines = ", ".join(str(line) for line in self.lines)
        if self.count > len(self.lines):
            return _("Lines %(lines)s, … (%(n)s)") % {"lines": lines, "n": grouped(self.count)}
        return ngettext("Line %(lines)s", "Lines %(lines)s", self.count) % {"lines": lines}


@dataclass
class Errors:
    """Errors of one column; of those that differ only in the value, the first sentences."""

    column: str
    count: int = 0
    sentences: dict[str, Sentence] = field(default_factory=dict)

    def add(self, number: int, text: str) -> None:
        self.count += 1
        sentence = self.sentences.get(text)
        if sentence is None:
            if len(self.sentences) >= SENTENCES_PER_KIND:
                return
            sentence = self.sentences[text] = Sentence(text)
        sentence.count += 1
        if len(sentence.lines) < LINES_SHOWN:
            sentence.lines.append(number)

    @property
    def more(self) -> int:
        return self.count - sum(sentence.count for sentence in self.sentences.values())


#: Is told of a row in error: its number, and what is wrong in which column, if in any.
Fault = Callable[[int, list[tuple[str, str]]], None]


class ImportResult(Result):
    """The library's result, bounded."""

    def __init__(
        self, fault: Fault | None = None, called: Callable[[str], str] = lambda name: name
    ) -> None:
        """``called`` says how the file calls a column."""
        super().__init__()
        self._fault, self._called = fault, called
        self.samples: dict[str, list[ImportedRow]] = {}
        #: By column and by message, which has no values in it.
        self.kinds: dict[tuple[str, str], Errors] = {}
        self.error_count = 0
        #: The ids of the rows that were added; none after a dry run.
        self.added = array("q")
        #: Sentences about the file as a whole: columns that are not known, projects to be made.
        self.warnings: list[str] = []
        #: What people would not expect, as true once it is done as it was in the preview.
        self.notes: list[str] = []
        #: Sentences about how dates and numbers are read.
        self.ways: list[str] = []
        self._hash = hashlib.sha256()

    def locate(self, table: Table) -> None:
        """Give errors their line of the file, where the library counts rows."""
        for kind in self.kinds.values():
            for sentence in kind.sentences.values():
                sentence.lines = [table.line(number) for number in sentence.lines]

    def warn_of_columns(self, unknown: list[str]) -> None:
        names = "”, “".join(shorten(name) for name in unknown)
        self.warnings.append(
            ngettext(
                "The column “%(names)s” is not known here and is not imported.",
                "The columns “%(names)s” are not known here and are not imported.",
                len(unknown),
            )
            # An export of another program has hundreds, and each of them is named.
            % {"names": names}
        )

    # --- what the library calls for each row ---------------------------------------------------

    def increment_row_result_total(self, row_result: RowResult) -> None:
        super().increment_row_result_total(row_result)
        sort = row_result.import_type
        is_written = sort in (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE)
        self._hash.update((f"{sort}{row_result.here!r}\n" if is_written else f"{sort}\n").encode())

    def append_row_result(self, row_result: RowResult) -> None:
        kept = self.samples.setdefault(row_result.import_type, [])
        if len(kept) < SAMPLES and isinstance(row_result, ImportedRow):
            kept.append(row_result)

    def append_invalid_row(self, number: int, row: Any, validation_error: Any) -> None:
        found = [(column and self._called(column), one) for column, one in _flat(validation_error)]
        self._note(number, found)

    def append_error_row(self, number: int, row: Any, errors: list[Any]) -> None:
        # A mistake of this program, not of the file: the log has the rest.
        logger.error("Row %s of an import failed.", number, exc_info=errors[0].error)
        error = ValidationError(
            _("This row met an error of the console itself. Its log has the details.")
        )
        self._note(number, [("", error)])

    def _note(self, number: int, found: list[tuple[str, ValidationError]]) -> None:
        if self._fault:
            self._fault(number, [(column, _text(error)) for column, error in found])
        for column, error in found:
            self._add(number, column, error)

    def _add(self, number: int, column: str, error: ValidationError) -> None:
        self.error_count += 1
        # A message with a plural has no text before its number is known, but then it has a code.
        key = (column, str(error.message) or str(error.code))
        if key not in self.kinds and len(self.kinds) >= MAX_KINDS:
            key = ("", "")
        kind = self.kinds.setdefault(key, Errors(key[0]))
        kind.add(number, _text(error))

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

    @property
    def digest(self) -> str:
        """The same where the same would come of each row of the same table: new, unchanged, in
        error, or changed, and then from the same values. Also of the rows that no preview shows.
        """
        return self._hash.hexdigest()

    def errors_by_column(self) -> list[Errors]:
        """The errors of each column, the most frequent first, in ``SENTENCES_SHOWN`` sentences.

        Each kind of error keeps at least one sentence, so that none goes unseen.
        """
        left = SENTENCES_SHOWN - len(self.kinds)
        columns: dict[str, Errors] = {}
        for kind in sorted(self.kinds.values(), key=lambda kind: -kind.count):
            first, *others = sorted(kind.sentences.values(), key=lambda one: -one.count)
            shown = columns.setdefault(kind.column, Errors(kind.column))
            shown.count += kind.count
            for sentence in [first, *others[: max(left, 0)]]:
                shown.sentences[sentence.text] = sentence
            left -= len(others)
        return sorted(columns.values(), key=lambda errors: -errors.count)

    def summary(self) -> str:
        """The totals in one line."""
        return _("%(new)d new, %(changed)d changed, %(unchanged)d unchanged") % {
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
        }


def _text(error: ValidationError) -> str:
    params = {
        name: shorten(value) if isinstance(value, str) and not isinstance(value, Whole) else value
        for name, value in (error.params or {}).items()
    }
    return shorten(ValidationError(error.message, error.code, params).messages[0], 300)


def _flat(error: ValidationError) -> Iterator[tuple[str, ValidationError]]:
    """Each single error with its column; an error of no column has the column ``""``."""
    if not hasattr(error, "error_dict"):
        yield from (("", single) for single in error.error_list)
        return
    for column, errors in error.error_dict.items():
        for single in errors:
            yield ("" if column == NON_FIELD_ERRORS else column), single
