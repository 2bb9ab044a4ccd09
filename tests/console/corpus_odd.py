"""Awkward files that are no plain text: workbooks, other kinds under a wrong name, hostile ones."""

from __future__ import annotations

import codecs
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook

from tests.console.corpus import A, Case, case, text


def workbook(*rows: list[Any], more: Callable[[Workbook], Any] | None = None) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    if more:
        more(book)
    book.save(content)
    return content.getvalue()


def archive(**parts: bytes) -> bytes:
    """A zip with parts; ``__`` stands for a slash and ``_`` for a point."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr(name.replace("__", "/").replace("_", "."), part)
    return content.getvalue()


def rows_of_nothing() -> bytes:
    """A sheet of a few kilobytes with half a million rows."""
    plain, content = workbook(["reference", "title"], ["WEB-1", "a"]), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(content, "w", 8) as new:
        for name in old.namelist():
            part = old.read(name).replace(b"</sheetData>", b"<row/>" * 450_000 + b"</sheetData>")
            new.writestr(name, part)
    return content.getvalue()


def a_second_sheet(book: Workbook) -> None:
    book.create_sheet("notes").append(["reference", "title"])


HEAD = ["reference", "title"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
LOCKED = OLE + "EncryptedPackage".encode("utf-16-le")
WEB_PAGE = b"<!DOCTYPE html>\n<html><table><tr><td>reference</td></tr></table></html>"
ODS = archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_xml=b"<x/>")

WORKBOOKS = [
    case("a workbook", workbook(HEAD, ["WEB-1", "a"]), A, found={"encoding": "", "delimiter": ""}),
    case("a workbook with dates and times", workbook(
        [*HEAD, "due_on"], ["WEB-1", "a", datetime(2025, 6, 21, 16, 14)],
        ["WEB-2", "b", date(2025, 11, 22)], ["WEB-3", "c", "22/11/2025"]),
        (*A, date(2025, 6, 21)), ("WEB-2", "b", date(2025, 11, 22)),
        ("WEB-3", "c", date(2025, 11, 22))),
    case("a workbook with numbers, and others as text", workbook(
        [*HEAD, "estimate"], ["WEB-1", "a", 1.234], ["WEB-2", "b", 3.0], ["WEB-3", "c", "2,5"]),
        (*A, Decimal("1.234")), ("WEB-2", "b", Decimal(3)), ("WEB-3", "c", Decimal("2.5"))),
    case("a workbook with a number for a title", workbook(HEAD, ["WEB-1", 2025.0]),
         ("WEB-1", "2025")),
    case("a workbook with lines above", workbook(["Tasks"], [], [None, "x"], HEAD, ["WEB-1", "a"]),
         A, found={"header_line": 4}),
    case("a workbook with an empty cell at the end", workbook([*HEAD, "description"],
         ["WEB-1", "a"]), (*A, "")),
    case("a workbook with labels in columns", workbook([*HEAD, "Labels", "Labels"],
         ["WEB-1", "a", "x", "y"]), (*A, "x, y")),
    case("a workbook with a second sheet", workbook(HEAD, ["WEB-1", "a"], more=a_second_sheet), A),
    case("a workbook with a formula that nothing has worked out",
         workbook(HEAD, ["WEB-1", "=1+1"]), ("WEB-1", "")),
    case("a workbook with an error of Excel's", workbook(HEAD, ["WEB-1", "#REF!"]),
         ("WEB-1", "#REF!")),
    case("a workbook without rows", workbook(HEAD), refused="no rows below"),
    case("a workbook with nothing", workbook(), refused="is empty"),
    case("a workbook that is cut", workbook(HEAD, ["WEB-1", "a"])[:-200], refused="damaged"),
    case("a workbook with a password", LOCKED, refused="has a password"),
]  # fmt: skip

OTHER_KINDS = [
    case("an old workbook", OLE, refused="old Excel file"),
    case("an OpenDocument sheet", ODS, refused="OpenDocument"),
    case("a zip of something else", archive(word__document_xml=b"<w/>"), refused="neither a CSV"),
    case("a web page called CSV", WEB_PAGE, refused="web page"),
    case("XML called CSV", codecs.BOM_UTF8 + b"<?xml version='1.0'?><rows/>", refused="web page"),
    case("JSON called CSV", b'[\n {"reference": "WEB-1", "title": "a"}\n]', refused="neither"),
    case("RTF called CSV", rb"{\rtf1\ansi reference, title}", refused="neither"),
    case("a PDF called CSV", b"%PDF-1.7\nreference,title\n", refused="neither"),
    case("a picture called CSV", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", refused="neither"),
]

HOSTILE = [
    case("zeros among the letters", b"reference,title\nWEB-1,a\x00b\n", refused="neither"),
    case("a million columns", b"a," * 1_000_000 + b"\n", refused="more than 500 columns"),
    case("a cell of a megabyte", b"reference,title\nWEB-1," + b"x" * 1_000_000,
         refused="far too long"),
    case("a quotation mark, and a megabyte after it", b'reference,title\nWEB-1,"' +
         b"x,y\n" * 250_000, refused="far too long"),
    case("nothing but delimiters", b",;\t|\n" * 10_000, refused="are missing"),
    case("a sheet of nothing but rows", rows_of_nothing(), refused="more than 400,000 lines"),
    case("a workbook that unpacks to too much", archive(xl__workbook_xml=b" " * (201 << 20)),
         refused="unpacks to far too much"),
    case("too many lines", b"reference,title\n" + b"\n" * 400_001, refused="400,000 lines"),
    case("words without an end", b"reference,title\n" + b"".join(
        b"WEB-%d,%s\n" % (n, b"x" * 99_000) for n in range(1, 100)) + b"\xff",
        refused="Line 101 has 1 cell"),
    case("formulas", text("reference,title", "WEB-1,=HYPERLINK()", "WEB-2,'=1+1", "WEB-3,'tis"),
         ("WEB-1", "=HYPERLINK()"), ("WEB-2", "=1+1"), ("WEB-3", "'tis")),
    case("dates and numbers without an end",
         b"reference,title,due_on,estimate\nWEB-1,a," + b"1/" * 40_000 + b"," + b"1." * 40_000,
         wrong=("is not a date", "is not a number")),
]  # fmt: skip

CASES: list[Case] = [*WORKBOOKS, *OTHER_KINDS, *HOSTILE]
