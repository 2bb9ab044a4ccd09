"""From bytes to text: which encoding a file is in.

Where a file is no UTF-8 and no UTF-16, nothing in it says what it is. Libraries that guess from
letters take short Portuguese or Polish files for those of an old Mac, so there is one rule
instead: Windows-1252, in which such files mostly are. The preview says so, shows a word, and
offers the others.
"""

from __future__ import annotations

import codecs
import re

from django.utils.translation import gettext as _

from console.importing.exceptions import FileError
from console.importing.reading import ENCODINGS

_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: So much of a file says whether it is UTF-16 without a mark.
_START = 4096
_MARK = re.compile("^\ufeff", re.MULTILINE)
_ACCENTED = re.compile(r"[^\W\x00-\x7f]")
_WORD = re.compile(r"\w+")
#: So many characters around a letter are its word, at the most.
_AROUND = 30


def detect_encoding(content: bytes) -> str:
    """One of ``ENCODINGS``. Raises ``FileError`` for what is damaged, or no text at all."""
    if _utf16(content):
        return "utf-16"
    if b"\x00" in content:
        raise not_a_table()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as exc:
        _refuse_damaged_utf8(content, exc)
    else:
        return "utf-8"
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:  # A few of its places are empty.
        return "iso8859-1"
    return "cp1252"


def decode(content: bytes, encoding: str) -> str:
    """The text, without a mark at its start. Raises ``FileError`` where it is not in that encoding.

    One at the start of a line, as files that were put together have it, goes as well.
    """
    codec = {"utf-8": "utf-8-sig", "utf-16": _utf16(content) or "utf-16-le"}.get(encoding, encoding)
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as exc:
        raise FileError(
            _("Line %(line)s is not in %(encoding)s: the file is damaged, or in another encoding."),
            line=content.count(b"\n", 0, exc.start) + 1,
            encoding=str(ENCODINGS[encoding]),
        ) from exc
    if "\x00" in text:
        raise not_a_table()
    return _MARK.sub("", text) if "\ufeff" in text else text


def accented_word(text: str) -> str:
    """A word with a letter that another encoding would show otherwise; else nothing."""
    letter = None if text.isascii() else _ACCENTED.search(text)
    if letter is None:
        return ""
    place = letter.start()
    begin = max(place - _AROUND, 0)
    words = _WORD.finditer(text, begin, place + _AROUND)
    return next(word[0] for word in words if word.end() > place)


def not_a_table() -> FileError:
    return FileError(_("This is neither a CSV nor an Excel file (.xlsx)."))


def _utf16(content: bytes) -> str:
    """The codec of a file in UTF-16, with a mark or without; empty for any other file."""
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return ""
    if content.startswith(_UTF16_BOMS):
        return "utf-16"
    # Without a mark: most letters of a table are of one byte, so every other byte is zero.
    even, odd = content[:_START:2], content[1:_START:2]
    if odd.count(0) * 2 > len(odd) and not even.count(0):
        return "utf-16-le"
    if even.count(0) * 2 > len(even) and not odd.count(0):
        return "utf-16-be"
    return ""


def _refuse_damaged_utf8(content: bytes, found: UnicodeDecodeError) -> None:
    """Raise ``FileError`` for UTF-8 with a few wrong bytes: read as anything else, all of its
    accented letters would be wrong."""
    text = content.decode("utf-8", errors="surrogateescape")
    wrong = sum(map(len, re.findall("[\udc80-\udcff]+", text)))
    right = len(re.findall("[^\x00-\x7f\udc80-\udcff]", text))
    if right > wrong:
        raise FileError(
            _(
                "The file is in UTF-8, but line %(line)s has something that is not: it was put "
                "together from several files, or damaged. Mend that line."
            ),
            line=content.count(b"\n", 0, found.start) + 1,
        )
