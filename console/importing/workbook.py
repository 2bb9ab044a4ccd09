"""The cells of a workbook's first sheet, one row after the other.

What the parts of a workbook are and which of its numbers are dates, openpyxl knows. Its own way
from a cell to a value takes ten times as long as the one here. Readers that are quicker still
(calamine) make room for all cells between the first and the last at once, and two cells in
opposite corners of a small file end the process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

_ROW, _VALUE, _INLINE, _STRING, _RUN, _TEXT = (
    f"{{{SHEET_MAIN_NS}}}{name}" for name in ("row", "v", "is", "si", "r", "t")
)
_DIGITS = "0123456789"
#: What Excel shows in the place of a date that there is not.
NO_VALUE = "#VALUE!"

#: The place of a cell in its row, from 0, and what is in it.
Cell = tuple[int, Any]


class Book(ExcelReader):
    """A workbook, of which only what its first sheet needs is read."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, read_only=True, data_only=True, keep_links=False)
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)

    def read_strings(self) -> None:
        """The texts that cells share."""
        if part := self.package.find(SHARED_STRINGS):
            with self.archive.open(part.PartName[1:]) as source:
                texts = (_text_of(element) for element in _elements(source, _STRING))
                self.shared_strings = [text.replace("x005F_", "") for text in texts]

    def rows(self) -> Iterator[tuple[int, Iterator[Cell]]]:
        """The rows of the first sheet, each with its line and those of its cells that there are.

        Both may leave some out; a row that comes after a later one is left out.
        """
        path = next(
            rel.target
            for _sheet, rel in self.parser.find_sheets()
            if rel.target in self.valid_files and "chartsheet" not in rel.Type
        )
        line = last = 0
        with self.archive.open(path) as source:
            for row in _elements(source, _ROW):
                number = row.get("r")
                line = int(float(number)) if number else line + 1
                if line > last:
                    last = line
                    yield line, self._cells(row)

    def _cells(self, row: Element) -> Iterator[Cell]:
        place = -1
        for cell in row:
            reference = cell.get("r")
            if reference:
                place = column_index_from_string(reference.rstrip(_DIGITS)) - 1
            else:
                place += 1
            kind = cell.get("t", "n")
            if kind == "inlineStr":
                text = cell.find(_INLINE)
                value: Any = "" if text is None else _text_of(text)
            else:
                value = cell.findtext(_VALUE)
                if value and kind == "s":
                    value = self.shared_strings[int(value)]
                elif value and kind != "str":
                    value = self._value(value, kind, int(cell.get("s") or 0))
            yield place, value

    def _value(self, text: str, kind: str, style: int) -> Any:
        if kind == "n":
            number = int(text) if text.lstrip("-").isdecimal() else float(text)
            if style not in self.wb._date_formats:
                return number
            is_span = style in self.wb._timedelta_formats
            try:
                return from_excel(number, self.wb.epoch, timedelta=is_span)
            except (OverflowError, ValueError):
                return NO_VALUE
        if kind == "b":
            return bool(int(text))
        return from_ISO8601(text) if kind == "d" else text


def _elements(source: Any, tag: str) -> Iterator[Element]:
    """The elements of this kind, each emptied when the next one is asked for."""
    for _event, element in iterparse(source):
        if element.tag == tag:
            yield element
            element.clear()


def _text_of(element: Element) -> str:
    """A text, whatever parts of it look different; what only says how to pronounce it is left
    out."""
    text = element.findtext(_TEXT) or ""
    if len(element) > 1 or not text:
        text += "".join(run.findtext(_TEXT) or "" for run in element.iterfind(_RUN))
    return text
