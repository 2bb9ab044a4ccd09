"""Columns: what a file may have, what each means, and what its empty cells do."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from import_export import fields

from console.importing.exceptions import CellError
from console.importing.headings import heading
from console.importing.widgets import one_spelling
from console.importing.writers import sheet_text


class Column(fields.Field):
    """A field of a resource that can explain itself.

    ``meaning`` is shown on the import page, ``samples`` fill the sample file. A column that is
    not in the file leaves what is there. An empty cell empties; but

    - a ``required`` column has to be in the file, and its cells must have something in them;
    - with ``blank_keeps``, for what cannot be empty, it leaves what is there, and a new row gets
      the model's default.

    A ``key`` column finds the row; it is never written to one that exists. ``empty_means`` is said
    of one that may be empty. Files of other programs may have the column under one of ``aliases``,
    the likelier first; capitals, blanks and hyphens make no difference. ``content`` is what the
    cells look like, where no name tells (``suggesting``). With ``makes_rows``, a value that is not
    known can be made with the file.
    """

    #: Whether the column is in files for information alone.
    is_info = False

    def __init__(
        self,
        *args: Any,
        meaning: str | Promise,
        samples: tuple[str, str],
        required: bool = False,
        blank_keeps: bool = False,
        key: bool = False,
        empty_means: str | Promise = "",
        aliases: tuple[str, ...] = (),
        content: str = "",
        makes_rows: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.meaning = meaning
        self.samples = samples
        self.required = required
        self.blank_keeps = blank_keeps
        self.key = key
        self.empty_means = empty_means
        self.aliases = tuple(heading(alias) for alias in aliases)
        self.content = content or getattr(self.widget, "content", "")
        self.makes_rows = makes_rows
        #: What a new row gets where the cell is empty, as a file would have it.
        self.default_text = ""

    @property
    def when_empty(self) -> str:
        """What an empty cell does, for people."""
        if self.empty_means:
            return str(self.empty_means)
        if self.is_info or (self.key and not self.required):
            return ""
        if self.required:
            return str(_("is an error"))
        if self.blank_keeps:
            return str(_("leaves what is there; new: %(value)s")) % {"value": self.default_text}
        return str(_("empties it"))

    def clean(self, row: dict[str, str], **kwargs: Any) -> Any:
        """The cell's value. Raises ``CellError``."""
        text = row[self.column_name]
        if not text and self.required:
            raise CellError(_("This cell must not be empty."))
        return self.widget.clean(text, row=row)

    def comparable(self, value: Any) -> Any:
        """What tells a changed value from an unchanged one: an export, spreadsheet and all,
        has to come back unchanged."""
        if isinstance(value, list):
            return sorted(value)
        if isinstance(value, str):
            return sheet_text(one_spelling(value))
        return value


class Many(Column):
    """A many-to-many field, whose cells have several rows by their keys.

    A resource loads the field's rows as ``listed``; what is assigned there is written in bulk.
    """

    def __init__(self, *args: Any, field: str, **kwargs: Any) -> None:
        super().__init__(*args, attribute=listed(field), **kwargs)
        self.field = field

    def comparable(self, value: Any) -> Any:
        return self.widget.keys(value)


def listed(field: str) -> str:
    """Where a resource keeps the rows of a many-to-many field, as ``to_attr`` of a prefetch."""
    return f"listed_{field}"


class Info(Column):
    """A column that an export has and an import knows, but never reads back: somebody else keeps
    its value. With ``tells``, a preview says how many rows of the file have another one."""

    is_info = True

    def __init__(self, *args: Any, tells: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tells = tells
