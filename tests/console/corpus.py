"""Awkward files, each with what has to come of it: text in all its encodings and dialects.

Each is a file of tasks, as some program or somebody would make it. ``corpus_odd`` has workbooks,
and what nobody should be able to break anything with.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from console.importing.reading import FIND_OUT, Reading


@dataclass(frozen=True)
class Case:
    """A file, and one of: the rows of its known columns, a refusal, a question, or errors."""

    name: str
    content: bytes
    rows: list[tuple[Any, ...]] | None = None
    #: A part of the sentence with which the file is refused.
    refused: str = ""
    #: The columns about which is asked, and what is offered first.
    asked: dict[str, str] = field(default_factory=dict)
    #: Parts of the sentences about cells.
    wrong: tuple[str, ...] = ()
    #: What was found out about the file.
    found: dict[str, Any] = field(default_factory=dict)
    #: How somebody says that it is to be read.
    reading: Reading = FIND_OUT


def text(*lines: str, end: str = "\n") -> bytes:
    return "".join(line + end for line in lines).encode()


def column(name: str, *cells: str, delimiter: str = ",") -> bytes:
    """A file of tasks with one more column."""
    rows = (f"WEB-{n}{delimiter}T{delimiter}{cell}" for n, cell in enumerate(cells, 1))
    return text(delimiter.join(("reference", "title", name)), *rows)


def case(name: str, content: bytes, *rows: Any, **expected: Any) -> Case:
    return Case(name, content, list(rows) if rows else None, **expected)


def of_column(name: str, cells: list[str], values: list[Any], **options: Any) -> Case:
    """Cells of a column of dates or numbers, and what they are."""
    heading = options.pop("heading", "due_on")
    content = column(heading, *cells, delimiter=options.pop("delimiter", ","))
    rows = [(f"WEB-{n}", "T", value) for n, value in enumerate(values, 1)]
    return Case(name, content, rows or None, **options)


ZOE = [("WEB-1", "Zoë € naïve")]
PLAIN = "reference,title\nWEB-1,Zoë € naïve\n"
LATIN = "reference,title\nWEB-1,Zoë naïve\n"
POLISH = "reference,title\nWEB-1,Zażółć\n"
NOVEMBER, JUNE, MAY = date(2025, 11, 22), date(2025, 6, 21), date(2025, 5, 6)

ENCODINGS = [
    case("UTF-8", PLAIN.encode(), *ZOE, found={"encoding": "utf-8"}),
    case("UTF-8 with a mark", codecs.BOM_UTF8 + PLAIN.encode(), *ZOE, found={"encoding": "utf-8"}),
    case("UTF-16 as Excel writes it", PLAIN.encode("utf-16"), *ZOE, found={"encoding": "utf-16"}),
    case("UTF-16, big end first", codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), *ZOE),
    case("UTF-16 without a mark", PLAIN.encode("utf-16-le"), *ZOE, found={"encoding": "utf-16"}),
    case("UTF-16, big end first, no mark", PLAIN.encode("utf-16-be"), *ZOE),
    case("UTF-16 that is cut", PLAIN.encode("utf-16")[:-1], refused="not in UTF-16"),
    case("UTF-32", PLAIN.encode("utf-32"), refused="neither a CSV"),
    case("Windows-1252", PLAIN.encode("cp1252"), *ZOE, found={"encoding": "cp1252"}),
    case("Windows-1252, short and Portuguese", b"title,reference\nS\xe3o Jo\xe3o,WEB-1\n",
         ("São João", "WEB-1"), found={"encoding": "cp1252"}),
    case("Latin-1", LATIN.encode("latin-1"), ("WEB-1", "Zoë naïve")),
    case("Latin-1 with what Windows-1252 has not", b"reference,title\nWEB-1,Zo\xeb\x81\n",
         ("WEB-1", "Zoë\x81"), found={"encoding": "iso8859-1"}),
    case("Central European, as somebody says", POLISH.encode("cp1250"), ("WEB-1", "Zażółć"),
         reading=Reading(encoding="cp1250")),
    case("an old Mac's, as somebody says", LATIN.encode("mac-roman"), ("WEB-1", "Zoë naïve"),
         reading=Reading(encoding="mac-roman")),
    case("said to be UTF-8, which it is not", LATIN.encode("latin-1"), refused="Line 2 is not in",
         reading=Reading(encoding="utf-8")),
    case("UTF-8 with one line of another", PLAIN.encode() + b"WEB-2,Zo\xeb\n",
         refused="but line 3 has something"),
    case("a mark in the middle", PLAIN.encode() + "\ufeffWEB-2,x\n".encode(), *ZOE, ("WEB-2", "x")),
    case("nothing but a mark", codecs.BOM_UTF8, refused="is empty"),
    case("letters of many scripts", text("reference,title", "WEB-1,🚀 שלום Ωμέγα 你好"),
         ("WEB-1", "🚀 שלום Ωμέγα 你好")),
]  # fmt: skip

A = ("WEB-1", "a")
DIALECTS = [
    case("semicolons", text("reference;title", "WEB-1;a"), A, found={"delimiter": ";"}),
    case("tabs", text("reference\ttitle", "WEB-1\ta"), A, found={"delimiter": "\t"}),
    case("vertical bars", text("reference|title", "WEB-1|a"), A, found={"delimiter": "|"}),
    case("semicolons, and commas in each cell",
         text("reference;title;estimate", "WEB-1;a, b;2,5", "WEB-2;c, d;1,25"),
         ("WEB-1", "a, b", Decimal("2.5")), ("WEB-2", "c, d", Decimal("1.25"))),
    case("commas, and semicolons in each cell",
         text("reference,title", "WEB-1,a; b; c; d"), ("WEB-1", "a; b; c; d")),
    case("a first line for Excel", text("sep=;", "reference;title", "WEB-1;a"), A),
    case("the same with commas after it", text('"sep=,",,', "reference,title", "WEB-1,a"), A),
    case("commas said to be semicolons", text("reference,title", "WEB-1,a"),
         refused="are missing", reading=Reading(delimiter=";")),
    case("lines ends of a PC", text("reference,title", "WEB-1,a", end="\r\n"), A),
    case("lines ends of an old Mac", text("reference,title", "WEB-1,a", end="\r"), A),
    case("lines ends of all kinds", b"reference,title\r\nWEB-1,a\rWEB-2,b\nWEB-3,c",
         A, ("WEB-2", "b"), ("WEB-3", "c")),
    case("line ends in a cell", b'reference,title\nWEB-1,"one\r\ntwo, ""three"""\n',
         ("WEB-1", 'one\r\ntwo, "three"')),
    case("blanks before quotation marks", text("reference, title", 'WEB-1, "a, b"'),
         ("WEB-1", "a, b")),
    case("everything in quotation marks", text('"reference","title"', '"WEB-1","a"'), A),
    case("a quotation mark that is not closed", text("reference,title", 'WEB-1,"a'),
         refused="Line 2 cannot be read"),
    case("a quotation mark with a backslash", text("reference,title", r'WEB-1,"a \"b\" c"'),
         refused="Line 2 cannot be read"),
    case("empty lines between", text("", "reference,title", "", ",", "WEB-1,a", "", ""), A,
         found={"header_line": 2}),
    case("delimiters too many at the end", text("reference,title,,,", "WEB-1,a,,,"), A),
    case("a column with neither heading nor cells", text("reference,,title", "WEB-1,,a"), A),
    case("a column with cells and no heading", text("reference,,title", "WEB-1,x,a"),
         refused="Column 2 has no heading in line 1"),
    case("a cell too few", text("reference,title", "WEB-1,a", "WEB-2"),
         refused="Line 3 has 1 cell"),
    case("headings as people write them", text(" Due-On ,TITLE,Reference", "2025-11-22,a,WEB-1"),
         (NOVEMBER, "a", "WEB-1")),
]  # fmt: skip

HEADERS = [
    case("a title and a blank line above", text("Tasks of 2025,", "", "reference,title", "WEB-1,a"),
         A, found={"header_line": 3}),
    case("a report's head above", text(
        "Report", "By: Ada", 'Filter: "all, open"', "reference;title;due_on", "WEB-1;a;"),
        ("WEB-1", "a", None), found={"header_line": 4, "delimiter": ";"}),
    case("a word above that is a column too", text("title,", "reference,title", "WEB-1,a"), A),
    case("more than twenty lines above", text(*["x,y"] * 25, "reference,title", "WEB-1,a"),
         refused="Line 1, which was taken for it, has"),
    case("no header at all", text("WEB-1,a", "WEB-2,b"), refused=(
        "“reference”, “title” are missing. A file needs a line with the names of its columns above "
        "its rows. Line 1, which was taken for it, has: WEB-1, a.")),
    case("a header without rows", text("reference,title"), refused="no rows below"),
    case("a column for each label", text(
        "reference,title,Labels,Labels,Labels", "WEB-1,a,red,,blue", "WEB-2,b,,,"),
        ("WEB-1", "a", "red, blue"), ("WEB-2", "b", "")),
    case("columns that nobody knows, several times", text(
        "Sprint,reference,Sprint,title,Sprint", "1,WEB-1,2,a,3"), A),
    case("one of a single value twice", text(
        "reference,title,Title", "WEB-1,,a", "WEB-2,b,x"), A, ("WEB-2", "b")),
    case("formulas in columns of labels", text("reference,title,Labels,Labels",
         "WEB-1,a,'+1,'-2"), ("WEB-1", "a", "+1, -2")),
]  # fmt: skip

DATES = [
    of_column("days first, as one shows", ["22/11/2025", "6/5/2025"], [NOVEMBER, date(2025, 5, 6)]),
    of_column("months first, as one shows", ["6/21/2025 16:14", "05/06/2025"], [JUNE, MAY]),
    of_column("Jira's", ["14/Jul/25 3:42 PM", "02/Feb/26 12:00 AM"],
              [date(2025, 7, 14), date(2026, 2, 2)]),
    of_column("with points", ["22.11.2025", "6.5.2025", "6. 5. 25"],
              [NOVEMBER, date(2025, 5, 6), date(2025, 5, 6)]),
    of_column("with a time and a zone", ["2025-11-22T10:00:00Z", "2025-11-22T10:00:00.000+0000"],
              [NOVEMBER, NOVEMBER]),
    of_column("with names of months", ["22 November 2025", "Nov. 22, 2025", "22-NOV-2025"],
              [NOVEMBER] * 3, delimiter=";"),
    of_column("either, and nobody says", ["05/06/2025", "01/02/2025"], [], asked={
        "due_on": "month"}),
    of_column("either, and somebody says the day", ["05/06/2025"], [date(2025, 6, 5)],
              reading=Reading(date_order="day")),
    of_column("the same either way", ["05/05/2025"], [date(2025, 5, 5)]),
    of_column("both in one column", ["22/11/2025", "11/22/2025"], [],
              wrong=("some dates of this column", "some dates of this column")),
    of_column("both, and somebody says the day", ["22/11/2025", "11/22/2025"], [],
              wrong=("“11/22/2025” is not a date",), reading=Reading(date_order="day")),
    of_column("days that are not there", ["31/02/2025", "2025-02-30", "soon", "2025-11-22T25:00"],
              [], wrong=("31/02/2025", "2025-02-30", "soon", "25:00")),
]  # fmt: skip


def of_hours(name: str, cells: list[str], values: list[str], **options: Any) -> Case:
    numbers = [Decimal(value) for value in values]
    options = {"heading": "estimate", "delimiter": ";", **options}
    return of_column(name, cells, numbers, **options)


NUMBERS = [
    of_hours("decimal commas", ["2,5", "1.234,5", "1.234"], ["2.5", "1234.5", "1234"]),
    of_hours("decimal points", ["2.5", "1,234.5", "1,234"], ["2.5", "1234.5", "1234"]),
    of_hours("blanks between thousands", ["1 234,5", "1\u00a0234", "1\u202f234,5"],
             ["1234.5", "1234", "1234.5"]),
    of_hours("apostrophes between thousands", ["1\u2019234.5", "1'234"], ["1234.5", "1234"]),
    of_hours("either sign, and nobody says", ["1.234"], [], asked={"estimate": ","}),
    of_hours("a point, as one shows", ["1.23", "1.234"], ["1.23", "1.234"]),
    of_hours("either, in a file with commas", ["1.234"], [], asked={"estimate": "."},
             delimiter=","),
    of_hours("both signs in one column", ["2,5", "2.5"], [],
             wrong=("some numbers", "some numbers")),
    of_hours("no numbers", ["two", "1,2,3", "1.23.4", "1e3", "٣"], [],
             wrong=("two", "1,2,3", "1.23.4", "1e3", "٣")),
]  # fmt: skip

CASES = [*ENCODINGS, *DIALECTS, *HEADERS, *DATES, *NUMBERS]
