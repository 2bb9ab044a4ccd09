"""Files: what is read, what is refused and how it is said; where they are kept meanwhile."""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client as HttpClient
from django_tenants.utils import schema_context
from openpyxl import Workbook, load_workbook
from tablib import Dataset

from console.importing import packed, storage
from console.importing.exceptions import FileError
from console.importing.files import read_table
from console.importing.formats import CSV, XLSX
from console.importing.results import ImportResult
from console.importing.table import Limits, escape_formula, unescape_formula
from tenants.models import Client

LIST = "/tenant_data/task/"
PAGE = f"{LIST}import/"
CONFIRM = f"{LIST}process_import/"
TASKS = b"reference,project,title\nWEB-1,Web,First\nWEB-2,Web,Second\n"


def workbook(*rows: list[Any]) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def rewritten(change: Callable[[str, bytes], bytes]) -> bytes:
    """A workbook whose parts were changed by hand."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["a"], ["b"]))) as old,
        zipfile.ZipFile(content, "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return content.getvalue()


class TestManyRows:
    """A sheet of a few kilobytes can have millions of empty rows; nobody waits for them."""

    def sheet(self, body: bytes) -> bytes:
        def change(name: str, content: bytes) -> bytes:
            if not name.startswith("xl/worksheets/"):
                return content
            return content.replace(b"</sheetData>", body + b"</sheetData>")

        return rewritten(change)

    @pytest.mark.parametrize(
        "row", [b'<row r="2"/>', b'<row r="2"></row>', b"<row\n/>", b"<x:row />"]
    )
    def test_are_counted_before_they_are_read(self, row: bytes) -> None:
        with pytest.raises(FileError, match="more than 1,000 lines"):
            read_table(self.sheet(row * 1001), limits=Limits(rows=250))

    def test_those_of_another_sheet_do_not_count(self) -> None:
        book, content = Workbook(), io.BytesIO()
        book.active.append(["a"])
        for sheet in (book.active, book.create_sheet()):
            for number in range(60):
                sheet.append([number])
        book.save(content)
        assert len(read_table(content.getvalue(), limits=Limits(rows=80))) == 60

    def test_and_so_are_cells(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(packed, "MAX_CELLS", 1000)
        with pytest.raises(FileError, match="more than 1,000 cells"):
            read_table(self.sheet(b'<row r="3">' + b'<c r="A3"/>' * 1001 + b"</row>"))

    @pytest.mark.parametrize("piece", [1, 7, 64, 1 << 20])
    def test_wherever_a_piece_of_the_file_ends(
        self, piece: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(packed, "_PIECE", piece)
        few = Limits(rows=250)
        assert read_table(self.sheet(b'<row r="9"/>' * 900), limits=few).headers == ["a"]
        with pytest.raises(FileError, match="lines"):
            read_table(self.sheet(b'<row r="9"/>' * 1001), limits=few)


class TestReading:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_finds_the_delimiter(self, delimiter: str) -> None:
        text = 'reference,title\nWEB-1,"a, b; c\td"\n'.replace("e,t", f"e{delimiter}t")
        table = read_table(text.replace("1,", f"1{delimiter}").encode())
        assert table.headers == ["reference", "title"]
        assert list(table) == [["WEB-1", "a, b; c\td"]]

    def test_knows_the_line_on_which_a_row_begins(self) -> None:
        table = read_table(b'key,text\r\n\r\nA,"one\r\ntwo"\r\n,\r\nB,x\r\n')
        assert list(table.numbered()) == [(1, 3, ["A", "one\r\ntwo"]), (2, 6, ["B", "x"])]

    def test_takes_a_byte_order_mark_and_headings_as_people_write_them(self) -> None:
        assert read_table("\ufeffDue On, Title \na,b\n".encode()).headers == ["due_on", "title"]

    def test_reads_a_sheet_as_text(self) -> None:
        table = read_table(workbook(["key", "day", "n", "x"], [], ["A", date(2026, 11, 22), 12.0]))
        assert table.headers == ["key", "day", "n", "x"]
        assert list(table.numbered()) == [(1, 3, ["A", "2026-11-22", "12", ""])]

    def test_goes_by_the_content_whatever_the_name(self, client: HttpClient) -> None:
        assert read_table(workbook(["a"], ["b"])).headers == ["a"]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "The file is empty"),
            (b"\n \n", "The file is empty"),
            (b"a,b\n", "no rows below"),
            (b"a,b\n1,2,3\n", "Line 2 has 3 cells where the header has 2"),
            (b"a,b\n1\n1,2\n1\n", "Line 2 has 1 cell where .* has 2. The same is wrong on: 4"),
            (b"a,,b\n1,2,3\n", "Column 2 has no heading"),
            (b'a,b\n1,"2\n', "Line 2 cannot be read as CSV"),
            (b'a,b\n1,"2" x\n', "Line 2 cannot be read as CSV"),
            (b"a,b\n1," + b"x" * 200_000, "cannot be read|far too long"),
            (b"\x7fELF\x00\x01", "neither a CSV nor an Excel file"),
            (b"%PDF-1.7\n", "neither a CSV nor an Excel file"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel file"),
            (b"PK\x03\x04 and nothing", "damaged"),
            (workbook(["a"], ["b"])[:-300], "damaged"),
            (b"a" * (51 * 1024 * 1024), "larger than 50 MB"),
            (",".join(f"c{n}" for n in range(501)).encode() + b"\n", "more than 500 columns"),
            (b"a\n" + b"1\n" * 100_001, "more than 100,000 rows"),
        ],
    )  # fmt: skip
    def test_refuses_in_one_line(self, content: bytes, said: str) -> None:
        with pytest.raises(FileError, match=said) as refusal:
            read_table(content)
        assert "\n" not in str(refusal.value)

    @pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
    def test_refuses_a_workbook_with_a_damaged_part(self, part: str) -> None:
        with pytest.raises(FileError, match="damaged"):
            read_table(rewritten(lambda name, content: b"<x" if name == part else content))

    def test_refuses_a_zip_of_another_kind_and_one_that_unpacks_to_too_much(self) -> None:
        other, bomb = io.BytesIO(), io.BytesIO()
        with zipfile.ZipFile(other, "w") as archive:
            archive.writestr("word/document.xml", "<w/>")
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", b" " * (201 * 1024 * 1024))
        with pytest.raises(FileError, match="neither"):
            read_table(other.getvalue())
        with pytest.raises(FileError, match="unpacks to far too much"):
            read_table(bomb.getvalue())

    def test_refuses_a_sheet_whose_rows_are_numbered_beyond_excel(self) -> None:
        far = rewritten(lambda name, content: content.replace(b'r="2"', b'r="999999999"'))
        with pytest.raises(FileError):
            read_table(far)


class TestFormulas:
    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "'=x", "''-x", "'x", "x=1"])
    def test_come_back_as_they_were(self, text: str) -> None:
        assert unescape_formula(escape_formula(text)) == text

    @pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@sum", "\t=1"])
    @pytest.mark.parametrize("kind", [CSV, XLSX])
    def test_are_not_run_by_a_spreadsheet(self, kind: Any, text: str) -> None:
        content = kind().export_data(Dataset([text], headers=["a"]))
        if kind is CSV:
            assert content.decode("utf-8-sig").splitlines()[1].strip('"').startswith("'")
        else:
            cell = load_workbook(io.BytesIO(content)).active["A2"]
            assert (cell.data_type, cell.value) == ("s", f"'{text}")


def put(content: bytes) -> str:
    return storage.keep(ContentFile(content)).name


class TestStorage:
    def test_is_a_folder_for_each_schema_that_nobody_else_can_read(
        self, alpha: Client, imports_folder: Path
    ) -> None:
        with schema_context("alpha"):
            kept = storage.keep(ContentFile(b"secret"))
            with storage.write() as (name, file):
                file.write(b"secret")
        assert re.fullmatch("[0-9a-f]{32}", kept.name)
        assert (kept.digest, kept.size) == (hashlib.sha256(b"secret").hexdigest(), 6)
        for path in (imports_folder / "alpha" / kept.name, imports_folder / "alpha" / name):
            modes = path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777
            assert modes == (0o600, 0o700)

    def test_gives_a_file_to_its_schema_alone_and_as_it_was(
        self, alpha: Client, imports_folder: Path
    ) -> None:
        with schema_context("alpha"):
            kept = storage.keep(ContentFile(b"secret"))
        with (
            schema_context("beta"),
            pytest.raises(FileNotFoundError),
            storage.look(kept.name),
        ):
            pass
        with schema_context("alpha"):
            with storage.look(kept.name, digest=kept.digest) as file:
                assert file.read() == b"secret"
            (imports_folder / "alpha" / kept.name).write_bytes(b"other")
            with (
                pytest.raises(FileNotFoundError),
                storage.look(kept.name, digest=kept.digest),
            ):
                pass

    @pytest.mark.parametrize("name", ["../beta/x", "/etc/passwd", "", "A" * 32, "0" * 31])
    def test_takes_no_name_that_it_did_not_make(self, name: str, db: None) -> None:
        with pytest.raises(FileNotFoundError):
            storage.fetch(name)

    def test_of_a_file_that_was_not_written_whole_nothing_stays(
        self, imports_folder: Path, db: None
    ) -> None:
        with pytest.raises(ZeroDivisionError), storage.write() as (_name, file):
            file.write(b"half")
            _ = 1 / 0
        assert list((imports_folder / "public").iterdir()) == []

    def test_knows_what_is_old(self, imports_folder: Path, db: None) -> None:
        old, new = put(b"old"), put(b"new")
        os.utime(imports_folder / "public" / old, (1, 1))
        assert storage.stale() == {old}
        storage.drop(old, "", new)
        assert storage.stale() == set()


class TestResult:
    def test_does_not_grow_with_the_errors(self) -> None:
        result = ImportResult()
        for number in range(5000):
            error = ValidationError("“%(v)s” is wrong.", params={"v": f"{number}" * 50})
            result.append_invalid_row(number, {}, ValidationError({"a": [error]}))
            kind = ValidationError(f"kind {number}")
            result.append_invalid_row(number, {}, ValidationError({"b": [kind]}))
        columns = result.errors_by_column()
        shown = [text for errors in columns for text in errors.sentences]
        assert result.error_count == 10_000
        assert (columns[0].column, columns[0].count) == ("a", 5000)
        assert len(shown) <= 100
        assert all(len(text) < 301 for text in shown)

    def test_says_the_same_once_with_all_its_lines(self) -> None:
        result = ImportResult()
        for number in range(1, 301):
            code = "gold" if number % 3 else "silver"
            error = ValidationError("There is no plan “%(v)s”.", params={"v": code})
            result.append_invalid_row(number, {}, ValidationError({"plan": [error]}))
        result.append_invalid_row(7, {}, ValidationError({"plan": ["This cell is empty."]}))
        (errors,) = result.errors_by_column()
        assert (errors.count, errors.more) == (301, 0)
        said = [(one.text, one.where) for one in errors.sentences.values()]
        assert said == [
            ("There is no plan “gold”.", "Lines 1, 2, 4, 5, 7, 8, 10, 11, 13, 14, … (200)"),
            ("There is no plan “silver”.", "Lines 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, … (100)"),
            ("This cell is empty.", "Line 7"),
        ]

    def test_says_at_least_one_of_each_kind(self) -> None:
        result = ImportResult()
        for number in range(200):
            error = ValidationError("“%(v)s” is wrong.", params={"v": f"{number}"})
            result.append_invalid_row(number, {}, ValidationError({"a": [error]}))
        result.append_invalid_row(200, {}, ValidationError({"a": ["This is another mistake."]}))
        (errors,) = result.errors_by_column()
        assert "This is another mistake." in errors.sentences
        assert errors.more == 200 - 20
