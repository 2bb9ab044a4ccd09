"""Tables: the rows of a file, on disk, read as often as somebody needs them."""

from __future__ import annotations

import csv
import io
import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.importing import spool, streams
from console.importing.exceptions import FileError
from console.importing.files import read_table
from console.importing.headings import Wanted
from console.importing.table import Limits, Number, Table, unescape_formula
from tests.console.corpus import CASES, Case
from tests.console.corpus_odd import workbook


@pytest.fixture
def few_in_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "BATCH_ROWS", 4)


@pytest.fixture
def table(few_in_a_batch: None) -> Iterator[Table]:
    """Ten rows; before each is an empty line."""
    rows = "".join(f"\n{n},{n * n}\n" for n in range(1, 11))
    with read_table(f"n,square\n{rows}".encode()) as table:
        yield table


def numbers(table: Table) -> list[int]:
    return [int(cell) for cell in table.column("n")]


class TestATable:
    def test_is_read_as_often_as_needed_by_several_in_turns(self, table: Table) -> None:
        pairs = zip(table.column("n"), table.column("square"), strict=True)
        assert [int(n) ** 2 == int(square) for n, square in pairs] == [True] * 10
        assert list(table) == list(table) == [[str(n), str(n * n)] for n in range(1, 11)]
        assert [len(batch.rows) for batch in table.batches()] == [4, 4, 2]

    def test_knows_the_line_of_each_row_in_any_order(self, table: Table) -> None:
        assert [table.line(number) for number in (10, 1, 5, 4)] == [21, 3, 11, 9]
        assert [line for _number, line, _cells in table.numbered()] == list(range(3, 23, 2))

    def test_has_empty_cells_for_a_column_that_is_not_there(self, table: Table) -> None:
        assert next(table.columns("square", "cube", "n")) == ("1", "", "1")
        with pytest.raises(ValueError, match="cube"):
            table.column("cube")

    def test_keeps_the_numbers_of_a_sheet_apart_from_text(self) -> None:
        (row,) = read_table(workbook(["a", "b"], [1.5, "1.5"]))
        assert row == ["1.5", "1.5"]
        assert [type(cell) for cell in row] == [Number, str]

    def test_leaves_nothing_where_files_are_kept(self, settings: Any, tmp_path: Path) -> None:
        settings.DATA_DIR = tmp_path
        with read_table(b"a\n" + b"x\n" * 5000) as table:
            assert len(list(table)) == 5000
            assert not list(tmp_path.iterdir())

    def test_has_no_rows_once_it_is_closed(self, table: Table) -> None:
        table.close()
        with pytest.raises(ValueError, match="closed"):
            list(table)

    def test_leaves_the_file_open_for_whoever_opened_it(self) -> None:
        file = io.BytesIO(b"a\n1\n")
        assert list(read_table(file)) == list(read_table(file)) == [["1"]]


class TestWithoutSomeRows:
    @pytest.mark.parametrize("left_out", [{1}, {10}, {2, 3, 5}, {5, 6, 7, 8}, {1, 2, 3, 4, 9, 10}])
    def test_the_others_are_counted_anew_and_keep_their_lines(
        self, table: Table, left_out: set[int]
    ) -> None:
        rest = table.without(left_out)
        kept = [n for n in range(1, 11) if n not in left_out]
        assert (len(rest), numbers(rest)) == (len(kept), kept)
        found = [(number, line) for number, line, _cells in rest.numbered()]
        assert found == [(number, table.line(n)) for number, n in enumerate(kept, 1)]
        assert [rest.line(number) for number, _line in found] == [line for _n, line in found]
        assert numbers(table) == list(range(1, 11))

    def test_more_can_be_left_out_after_that(self, table: Table) -> None:
        rest = table.without({1, 2}).without({1, 8})
        assert numbers(rest) == [4, 5, 6, 7, 8, 9]
        assert rest.line(1) == table.line(4)
        assert rest.headers == table.headers

    def test_all_may_be(self, table: Table) -> None:
        assert (len(rest := table.without(range(1, 11))), list(rest)) == (0, [])


class TestSize:
    def test_memory_does_not_grow_with_the_rows(self, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv"
        cells = ",".join(f"cell {n}" for n in range(13))
        path.write_text("a,b,c,d,e,f,g,h,i,j,k,l,m\n" + f"{cells}\n" * 8_000)
        with path.open("rb") as file:
            tracemalloc.start()
            try:
                assert sum(1 for _row in read_table(file)) == 8_000
                _now, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        assert peak < 3_000_000  # The rows as lists take 7 million.

    def test_a_batch_of_long_cells_has_few_rows(self) -> None:
        table = read_table(b"a\n" + (b"x" * 90_000 + b"\n") * 50)
        assert max(len(batch.rows) for batch in table.batches()) < 15

    def test_limits_are_what_the_caller_says(self) -> None:
        file = b"a\n1\n2\n3\n"
        with pytest.raises(FileError, match="more than 2 rows"):
            read_table(file, limits=Limits(rows=2))
        with pytest.raises(FileError, match="larger than 0 MB"):
            read_table(file, limits=Limits(bytes=7))
        assert len(read_table(file, limits=Limits(rows=3, bytes=8))) == 3

    @pytest.mark.parametrize(
        "row", [b"a" * 5_000_000, b"ab," * 2_000_000, b'"\na",' * 900_000, b"\xe9" * 5_000_000]
    )
    def test_a_row_without_an_end_is_refused_before_all_of_it_is_read(self, row: bytes) -> None:
        with pytest.raises(FileError, match="Line 3 has a cell that is far too long"):
            read_table(b"a,b\n1,2\n" + row)


def outcome(case: Case) -> tuple[Any, ...]:
    """What comes of a file, in words or in rows."""
    try:
        table = read_table(case.content, case.reading)
    except FileError as refusal:
        return str(refusal), refusal.reading
    return table.headers, list(table.numbered()), table.reading, table.accented


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 31])
def test_it_does_not_matter_where_a_piece_of_the_file_ends(
    piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = [case for case in CASES if len(case.content) < 2000]
    whole = [outcome(case) for case in small]
    monkeypatch.setattr(streams, "PIECE", piece)
    assert [outcome(case) for case in small] == whole


WANTED = Wanted(frozenset(["key", "b", "c", "d"]), frozenset(), lambda headers: ["key"])
ALPHABET = [*"ab1 ;,\t|\"'=é\n", "\r\n", "“", "ß", "x" * 50]


@pytest.mark.parametrize("seed", range(40))
def test_what_a_program_writes_is_read(seed: int, few_in_a_batch: None) -> None:
    """In any dialect and any encoding, whatever is in the cells."""
    chance = random.Random(seed)
    encoding = chance.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    delimiter = chance.choice(",;\t|")
    # With another end than this, Python's writer would leave some line ends in cells unquoted.
    end, quoting = chance.choice(
        [("\r\n", csv.QUOTE_MINIMAL), *((end, csv.QUOTE_ALL) for end in ("\n", "\r\n", "\r"))]
    )
    rows = [
        ["".join(chance.choices(ALPHABET, k=chance.randint(0, 6))) for _ in range(3)]
        for _ in range(chance.randint(1, 30))
    ]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(["key", "b", "c", "d"])
    writer.writerows([f"k{n}", *row] for n, row in enumerate(rows))
    table = read_table(text.getvalue().encode(encoding), wanted=WANTED)
    assert table.headers == ["key", "b", "c", "d"]
    assert table.reading.delimiter == delimiter
    assert list(table) == [[f"k{n}", *map(read_back, row)] for n, row in enumerate(rows)]


def read_back(cell: str) -> str:
    return unescape_formula(cell.strip())
