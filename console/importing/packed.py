"""Workbooks are packed: a few kilobytes can hold what nobody has the time or the memory to read.

Each part is counted through before its reader gets it, whatever it is called: the file itself says
which part is a sheet, and which has the texts that cells share.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import Counter
from typing import IO, Any, BinaryIO

from django.utils.translation import gettext as _

from console.importing.exceptions import FileError
from console.importing.figures import grouped
from console.importing.table import Limits, too_many_lines
from console.importing.texts import not_a_table

MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_CELLS = 3_000_000
#: As many as Excel has columns: a row is in memory as a whole.
MAX_CELLS_OF_A_ROW = 16_384
#: So many tags a part may have for each of its rows and cells, for fonts within a text and the
#: like, and so many beside that. What is no sheet has styles, names and relations: each tag of it
#: stays in memory, and takes 60 µs.
TAGS_OF_A_CELL, TAGS_BESIDE = 30, 100_000

#: What fails in the middle of reading a damaged zip.
DAMAGES = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    EOFError,
    zlib.error,
)
_DATA = re.compile(rb"<(?:[^\s<>/:]+:)?(row|c|si)[\s/>]")
_PIECE, _TAG_START = 1 << 20, 256


def damaged() -> FileError:
    return FileError(_("The Excel file is damaged. Open it, save it again and try once more."))


def too_much() -> FileError:
    return FileError(_("The Excel file unpacks to far too much. Save the sheet as CSV."))


def unpacked_size(file: BinaryIO) -> int:
    """What the parts of a workbook come to (bytes), as it says itself; nothing reads more of them.

    Raises ``FileError`` where it is none, or a damaged one.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            size = sum(entry.file_size for entry in archive.infolist())
    except DAMAGES as exc:
        raise damaged() from exc
    if "mimetype" in names and "content.xml" in names:
        raise FileError(
            _("This is an OpenDocument file (.ods). Save it as .xlsx or as CSV and try again.")
        )
    if "xl/workbook.xml" not in names:
        raise not_a_table()
    return size


class BoundedArchive(zipfile.ZipFile):
    """A zip whose parts are read only if there is not too much in them. Raises ``FileError``."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        super().__init__(file)
        self._limits = limits
        self._counted: set[tuple[str, bool]] = set()

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        """A part as a whole, which becomes a tree in memory: none of it counts as data."""
        self._count(name, is_data=False)
        with super().open(name) as part:
            return part.read()

    def open(self, name: Any, mode: Any = "r", *args: Any, **kwargs: Any) -> IO[bytes]:
        """A part that is read as a stream, row by row or text by text."""
        self._count(name, is_data=True)
        return super().open(name, mode, *args, **kwargs)

    def _count(self, name: Any, *, is_data: bool) -> None:
        key = (getattr(name, "filename", name), is_data)
        if key in self._counted:
            return
        found: Counter[bytes] = Counter()
        tags = width = 0
        with super().open(name) as part:
            rest = b""
            while piece := part.read(_PIECE):
                text = rest + piece
                # The start of a tag that is cut in two is read with the next piece.
                end = text.rfind(b"<", -_TAG_START)
                text, rest = (text, b"") if end < 0 else (text[:end], text[end:])
                tags += text.count(b"<")
                if is_data:
                    data = _DATA.findall(text)
                    found.update(data)
                    width = self._width(data, width)
                self._refuse(found, tags)
        self._counted.add(key)

    @staticmethod
    def _width(data: list[bytes], begun: int) -> int:
        """How many cells the last row has so far. Raises ``FileError`` for one with too many."""
        first, *others = b"".join(data).split(b"row")
        widths = [begun + first.count(b"c"), *(row.count(b"c") for row in others)]
        if max(widths) > MAX_CELLS_OF_A_ROW:
            raise too_much()
        return widths[-1]

    def _refuse(self, found: Counter[bytes], tags: int) -> None:
        rows, cells = found[b"row"], found[b"c"] + found[b"si"]
        if rows > self._limits.lines:
            raise too_many_lines(self._limits)
        if cells > MAX_CELLS:
            message = _("The sheet has more than %(n)s cells. Save it as CSV.")
            raise FileError(message, n=grouped(MAX_CELLS))
        if tags > TAGS_BESIDE + TAGS_OF_A_CELL * (rows + cells):
            raise too_much()
