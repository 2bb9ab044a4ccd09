"""Everything that importing raises on purpose. A message is for the person with the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from console.importing.reading import Question, Reading

#: A value from a file is shown at this length at the most.
SHOWN = 60


class Whole(str):
    """A part of a message that is ours and not the file's: it is shown at its full length."""

    __slots__ = ()


def shorten(value: Any, length: int = SHOWN) -> str:
    """The value as one line of ``length`` characters at the most."""
    text = " ".join(str(value).split())
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _shortened(params: dict[str, Any], length: int) -> dict[str, Any]:
    """The parameters of a message: numbers and what is ours as they are, others as short texts."""
    return {
        name: value if isinstance(value, int | Whole) else shorten(value, length)
        for name, value in params.items()
    }


class ImportingError(Exception):
    """The root of the tree; never raised itself."""

    message: str | Promise = _("This cannot be imported.")

    def __init__(self, message: str | Promise | None = None, **params: Any) -> None:
        if message is not None:
            self.message = message
        self.params = _shortened(params, 200)
        super().__init__()

    def __str__(self) -> str:
        return str(self.message) % self.params if self.params else str(self.message)


class FileError(ImportingError):
    """The file as a whole cannot be read; nothing is known of its rows."""

    #: How it was being read, where that may be why: it can be read otherwise.
    reading: Reading | None = None


class UnclearError(FileError):
    """Columns can be read in two ways, and nobody but a person knows which is meant."""

    def __init__(self, questions: list[Question]) -> None:
        self.questions = questions
        columns = "; ".join(", ".join(question.columns) for question in questions)
        super().__init__(
            _("Values can be read in two ways, so nothing was read: %(columns)s."), columns=columns
        )


class SheetError(ImportingError):
    """An export does not fit into an Excel file."""


class ConfirmError(ImportingError):
    """The import is not waiting for this person to confirm it, or not any more."""

    message = _(
        "This cannot be confirmed any more: it was confirmed, cancelled or is older than a day. "
        "Choose the file again."
    )


class NotAllowed(ImportingError):
    """Who asked lacks the right, or lost it since."""

    message = _("You may not import this, or may not any more. Nothing was imported.")


class UndoNotAllowed(ImportingError):
    """Who wants to undo an import lacks the right to change, or to delete, what it brought."""

    message = _("You may not undo this import, or may not any more. Nothing was changed.")


class RowsBusy(ImportingError):
    """Somebody else has had the same rows for longer than a page waits."""

    message = _(
        "Somebody else is changing the same rows at this moment. Nothing was changed. Try again "
        "in a moment."
    )


class NotUndone(ImportingError):
    """There is nothing to undo, or somebody does it at this moment."""

    message = _("This import cannot be undone now. Nothing was changed.")


class TooMany(ImportingError):
    """More files wait for the worker than it should have at a time."""

    message = _(
        "Several large files are being worked on. Wait until one of them is done, or cancel one."
    )


class DataChanged(ImportingError):
    """Something else comes of a row than when the file was checked."""

    message = _("The data has changed since the preview. Nothing was imported: look at it again.")


class Cancelled(ImportingError):
    """Somebody wanted the work to stop, and nothing of it stays."""

    message = _("The import was cancelled. Nothing was changed.")


class ConflictError(ImportingError):
    """Somebody wrote the same keys while the file was being imported."""

    message = _(
        "Somebody else changed the same data at the same moment. Nothing was imported. "
        "Choose the file again."
    )


class CellError(ValueError):
    """One cell cannot be used. ``message`` has no value in it, so that errors can be counted by
    kind; ``params`` has the values. A key that is made of several columns says which it is about.
    """

    def __init__(self, message: str | Promise, *, column: str = "", **params: Any) -> None:
        self.message = message
        self.column = column
        self.params = _shortened(params, SHOWN)
        super().__init__(message)

    def as_validation_error(self) -> ValidationError:
        return ValidationError(self.message, code="cell", params=self.params)
