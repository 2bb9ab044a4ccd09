"""From bytes to text: which encoding a file is in.

Where a file is no UTF-8 and no UTF-16, nothing in it says what it is. Libraries that guess from
letters take short Portuguese or Polish files for those of an old Mac, so there is one rule
instead: Windows-1252, in which such files mostly are. The preview says so, shows a word, and
offers the others.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import BinaryIO

from django.utils.translation import gettext as _

from console.importing.exceptions import FileError
from console.importing.reading import ENCODINGS
from console.importing.streams import line_at, pieces, start_of

#: A row of a table has so many characters at the most, and so has a line.
MAX_ROW_CHARACTERS = 4_000_000
#: So many characters at the start of a text say what kind of table it is.
SAMPLE = 200_000

_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: So much of a file says whether it is UTF-16 without a mark.
_START = 4096
_MARK = "\ufeff"
_MARKS = re.compile(f"^{_MARK}", re.MULTILINE)
_ACCENTED = re.compile(r"[^\W\x00-\x7f]")
_WORD = re.compile(r"\w+")
#: So many characters around a letter are its word, at the most.
_AROUND = 30
#: What is no UTF-8, as Python lets it through; and the empty places of Windows-1252.
_WRONG = re.compile("[\udc80-\udcff]")
_NO_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def detect_encoding(file: BinaryIO) -> str:
    """One of ``ENCODINGS``. Raises ``FileError`` for what is damaged, or no text at all."""
    if _utf16(start_of(file, _START)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in chain(pieces(file), (b"",)):
            decoder.decode(piece, final=not piece)
            if b"\x00" in piece:
                raise not_a_table()
    except UnicodeDecodeError:
        return _older_encoding(file)
    return "utf-8"


def _older_encoding(file: BinaryIO) -> str:
    """The encoding of a file that is in no Unicode. Raises ``FileError`` for UTF-8 with a few wrong
    bytes: read as anything else, all of its accented letters would be wrong."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    line, first_wrong, wrong, right, is_cp1252 = 1, 0, 0, 0, True
    for piece in chain(pieces(file), (b"",)):
        if b"\x00" in piece:
            raise not_a_table()
        text = decoder.decode(piece, final=not piece)
        good = text.encode("utf-8", "ignore").decode()
        right += len(good) - len(good.encode("ascii", "ignore"))
        wrong += len(text) - len(good)
        if wrong and not first_wrong:
            first_wrong = line + text.count("\n", 0, _WRONG.search(text).start())
        is_cp1252 = is_cp1252 and not _NO_CP1252.search(piece)
        line += text.count("\n")
    if right > wrong:
        raise FileError(
            _(
                "The file is in UTF-8, but line %(line)s has something that is not: it was put "
                "together from several files, or damaged. Mend that line."
            ),
            line=first_wrong,
        )
    return "cp1252" if is_cp1252 else "iso8859-1"


class Text:
    """The text of a file that is in this encoding, decoded as it is read.

    A mark at its start is not part of it; one at the start of a line, as files that were put
    together have it, is not either. Raises ``FileError`` where the file is not in that encoding,
    wherever that shows.
    """

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        codecs_of = {"utf-8": "utf-8-sig", "utf-16": _utf16(start_of(file, _START)) or "utf-16-le"}
        self._codec = codecs_of.get(encoding, encoding)
        self._has_marks = False
        #: Its first characters; a word with a letter that another encoding would show otherwise.
        self.start = ""
        self.accented = ""
        self._look_through(encoding)
        self.start = _MARKS.sub("", self.start[:SAMPLE])

    def _look_through(self, encoding: str) -> None:
        has_zeros, around = False, ""
        for text in self._decoded(encoding):
            has_zeros = has_zeros or "\x00" in text
            self._has_marks = self._has_marks or _MARK in text
            if len(self.start) < SAMPLE:
                self.start += text
            if not self.accented:
                self.accented, around = _accented_word(around + text, is_last=not text)
        if has_zeros:
            raise not_a_table()

    def _decoded(self, encoding: str) -> Iterator[str]:
        """The text in pieces; the last one, and it alone, is empty."""
        decoder = codecs.getincrementaldecoder(self._codec)()
        done = 0
        for piece in chain(pieces(self._file), (b"",)):
            done += len(piece)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as exc:
                message = _(
                    "Line %(line)s is not in %(encoding)s: the file is damaged, or in another "
                    "encoding."
                )
                line = line_at(self._file, done - len(exc.object) + exc.start)
                raise FileError(message, line=line, encoding=str(ENCODINGS[encoding])) from exc
            if text:
                yield text
        yield ""

    @contextmanager
    def lines(self) -> Iterator[Iterator[str]]:
        """Its lines with their ends, as they are; of a line that is too long, one character more
        than a row may have."""
        self._file.seek(0)
        # Without `newline=""` the line ends inside quoted cells would be changed.
        text = io.TextIOWrapper(self._file, encoding=self._codec, newline="")
        lines = iter(partial(text.readline, MAX_ROW_CHARACTERS + 1), "")
        try:
            yield (line.removeprefix(_MARK) for line in lines) if self._has_marks else lines
        finally:
            text.detach()  # Or else it would close the file.


def _accented_word(text: str, *, is_last: bool) -> tuple[str, str]:
    """The first word with an accented letter; if there is none, or not enough after the letter to
    tell, the end of the text, with which to look on."""
    letter = None if text.isascii() else _ACCENTED.search(text)
    if letter is None:
        return "", text[-_AROUND:]
    place = letter.start()
    begin, end = max(place - _AROUND, 0), place + _AROUND
    if end > len(text) and not is_last:
        return "", text[begin:]
    words = _WORD.finditer(text, begin, end)
    return next(word[0] for word in words if word.end() > place), ""


def not_a_table() -> FileError:
    return FileError(_("This is neither a CSV nor an Excel file (.xlsx)."))


def _utf16(start: bytes) -> str:
    """The codec of a file in UTF-16 that begins like this, with a mark or without; empty for any
    other file."""
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return ""
    if start.startswith(_UTF16_BOMS):
        return "utf-16"
    # Without a mark: most letters of a table are of one byte, so every other byte is zero.
    even, odd = start[::2], start[1::2]
    if odd.count(0) * 2 > len(odd) and not even.count(0):
        return "utf-16-le"
    if even.count(0) * 2 > len(even) and not odd.count(0):
        return "utf-16-be"
    return ""
