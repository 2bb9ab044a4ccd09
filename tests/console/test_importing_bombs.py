"""Workbooks of a few kilobytes that would keep a process busy for minutes, or fill its memory."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import zipfile

import pytest

from console.importing.keeping import SMALL_UNPACKED
from console.importing.packed import unpacked_size
from tests.console.corpus_odd import workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET, STYLES, STRINGS = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml"
KINDS, OF_STRINGS = (
    "[Content_Types].xml",
    (
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
        b'officedocument.spreadsheetml.sharedStrings+xml"/>'
    ),
)
PLAIN = workbook(["name"], ["a"])
#: What the reading of all of them may take: of memory (bytes), and of the processor (seconds).
MEMORY, SECONDS = 700 << 20, 60


def part(name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as archive:
        return archive.read(name)


def with_parts(other: dict[str, bytes]) -> bytes:
    """A workbook with these parts, in the place of its own or beside them."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(PLAIN)) as old,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        parts = {name: old.read(name) for name in old.namelist()} | other
        if STRINGS in parts:
            parts[KINDS] = parts[KINDS].replace(b"</Types>", OF_STRINGS + b"</Types>")
        for name, one in parts.items():
            new.writestr(name, one)
    return content.getvalue()


def sheet(rows: str, prefix: str = "") -> str:
    named = f":{prefix[:-1]}" if prefix else ""
    return (
        f'<{prefix}worksheet xmlns{named}="{MAIN}"><{prefix}sheetData>'
        f"{rows}</{prefix}sheetData></{prefix}worksheet>"
    )


def strings(*texts: str) -> bytes:
    return f'<sst xmlns="{MAIN}">{"".join(texts)}</sst>'.encode()


NAME = '<row><c t="inlineStr"><is><t>name</t></is></c></row>'
WIDE = f'<si><t xml:space="preserve"> {"x" * 99_000} </t></si>'
BOMBS = {
    "styles": with_parts({
        STYLES: f'<styleSheet xmlns="{MAIN}">{"<xf/>" * 400_000}</styleSheet>'.encode()
    }),
    "styles that look like cells": with_parts({
        STYLES: f'<styleSheet xmlns="{MAIN}">{"<c/>" * 2_000_000}</styleSheet>'.encode()
    }),
    "names": with_parts({
        "xl/workbook.xml": part("xl/workbook.xml").replace(
            b"<definedNames />", b"<definedNames>%s</definedNames>" % (
                b'<definedName name="a">b</definedName>' * 300_000))
    }),
    "kinds of parts": with_parts({
        KINDS: part(KINDS).replace(
            b"</Types>", b'<Override PartName="/a" ContentType="b"/>' * 300_000 + b"</Types>")
    }),
    "fonts in a text": with_parts({STRINGS: strings(f'<si>{"<r><t>a</t></r>" * 300_000}</si>')}),
    "a text for all cells": with_parts({
        STRINGS: strings("<si><t>name</t></si>", WIDE),
        SHEET: sheet('<row><c t="s"><v>0</v></c></row>'
                     + '<row><c t="s"><v>1</v></c></row>' * 20_000).encode(),
    }),
    "a wide row": with_parts({SHEET: sheet(f"{NAME}<row>{'<c/>' * 2_900_000}</row>").encode()}),
    "a wide row in UTF-16": with_parts({
        SHEET: sheet(f"{NAME}<row>{'<c/>' * 3_000_000}</row>").encode("utf-16")
    }),
    "a wide row of another name": with_parts({
        SHEET: sheet(f"<é:row>{'<é:c/>' * 1_000_000}</é:row>", prefix="é:").encode()
    }),
    "entities": with_parts({
        SHEET: ('<!DOCTYPE z [<!ENTITY a "aaaaaaaaaa">' + "".join(
            f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
        ) + "]>" + sheet(f'{NAME}<row><c t="inlineStr"><is><t>&j;</t></is></c></row>')).encode()
    }),
    "another file": with_parts({
        SHEET: ('<!DOCTYPE z [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                + sheet(f'{NAME}<row><c t="inlineStr"><is><t>&x;</t></is></c></row>')).encode()
    }),
    "rows that end far to the right": with_parts({
        SHEET: sheet(NAME + '<row><c r="XFD2"/></row>' * 30_000).encode()
    }),
    "rows far below": with_parts({SHEET: sheet(f'{NAME}<row r="99999999"/>').encode()}),
}  # fmt: skip
READ = """
import sys, pathlib
import django
django.setup()
from console.importing.exceptions import FileError
from console.importing.files import read_table
for path in map(pathlib.Path, sys.argv[1:]):
    try:
        with path.open("rb") as file, read_table(file) as table:
            print(path.stem, len(table), "rows", sep="\\t")
    except FileError as error:
        print(path.stem, error, sep="\\t")
"""


def bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is said of each, by a process that has little memory and little time for all of them."""
    folder = tmp_path_factory.mktemp("bombs")
    for name, content in BOMBS.items():
        (folder / name).write_bytes(content)
    child = subprocess.run(
        [sys.executable, "-c", READ, *map(str, sorted(folder.iterdir()))],
        preexec_fn=bounded,
        env={**os.environ, "CONSOLE_DATA_DIR": str(folder / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    return dict(line.split("\t", 1) for line in child.stdout.splitlines())


OTHER_WORDS = {
    "entities": "damaged",
    "another file": "damaged",
    "rows far below": "lines",
    "rows that end far to the right": "no rows below",
}


@pytest.mark.parametrize("name", BOMBS)
def test_is_refused_in_words_with_little_memory_and_in_little_time(
    read: dict[str, str], name: str
) -> None:
    assert len(BOMBS[name]) < 100_000
    assert OTHER_WORDS.get(name, "unpacks to far too much") in read[name]


@pytest.mark.parametrize("name", ["styles", "names", "kinds of parts", "fonts in a text"])
def test_is_not_for_a_request_to_read(name: str) -> None:
    """What it unpacks to counts, and not the file."""
    assert unpacked_size(io.BytesIO(BOMBS[name])) > SMALL_UNPACKED
