"""A corpus of awkward files: what is read of each, what is asked, or how it is refused.

Only reading: no database is needed for that. What becomes of the rows is tested elsewhere.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone, translation

from console.importing.dates import read_date
from console.importing.exceptions import CellError, FileError, UnclearError
from console.importing.files import read_table
from console.importing.measures import InWays
from console.importing.reading import Reading
from console.importing.rules import check_headers
from console.importing.settling import settle_columns
from console.importing.table import Table
from tenant_data.resources import TaskResource
from tests.console import corpus, corpus_odd
from tests.console.corpus import Case, column

CASES = [*corpus.CASES, *corpus_odd.CASES]


class Read:
    """A file as far as it can be read without the database."""

    def __init__(self, content: bytes, reading: Reading) -> None:
        resource = TaskResource()
        self.table: Table = read_table(content, reading, resource.wanted())
        check_headers(self.table, resource.needed(self.table.headers))
        self.columns = [c for c in resource.columns if c.column_name in self.table.headers]
        self.said = settle_columns(self.table, self.columns)
        self.wrong: list[str] = []
        known = {column.column_name: column for column in self.columns}
        self.rows = [
            tuple(
                self.value(known[name], cell)
                for name, cell in zip(self.table.headers, cells, strict=True)
                if name in known
            )
            for cells in self.table
        ]

    def value(self, column: Any, cell: str) -> Any:
        """What a date or a number is; any other cell as it is."""
        if not isinstance(column.widget, InWays):
            return cell
        try:
            return column.widget.clean(cell)
        except CellError as error:
            self.wrong.append(str(error.message) % error.params)
            return None


def read(content: bytes, reading: Reading = corpus.FIND_OUT) -> Read:
    return Read(content, reading)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))
def test_a_file(case: Case) -> None:
    if case.refused:
        with pytest.raises(FileError) as refusal:
            read(case.content, case.reading)
        assert case.refused in str(refusal.value)
        assert len(str(refusal.value)) < 400
    elif case.asked:
        with pytest.raises(UnclearError) as unclear:
            read(case.content, case.reading)
        asked = {name: q.likely for q in unclear.value.questions for name in q.columns}
        assert asked == case.asked
    else:
        found = read(case.content, case.reading)
        assert len(found.wrong) == len(case.wrong), found.wrong
        for part, sentence in zip(case.wrong, found.wrong, strict=True):
            assert part in sentence
        assert case.wrong or found.rows == case.rows
        facts = {name: getattr(found.table.reading, name) for name in case.found}
        assert facts == case.found


def test_there_are_at_least_sixty_each_with_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.rows and not c.wrong], ids=lambda c: c.name.replace(" ", "_")
)
def test_is_read_the_same_again_with_what_was_found(case: Case) -> None:
    """What a ticket carries from a preview to its confirmation is all that there is to know."""
    found = read(case.content, case.reading)
    assert read(case.content, found.table.reading).rows == found.rows


SMALL = [case.content for case in CASES if len(case.content) < 20_000]


@pytest.mark.parametrize("seed", range(20))
def test_a_file_that_is_damaged_anywhere_is_read_or_refused_in_words(seed: int) -> None:
    chance = random.Random(seed)
    for content in SMALL:
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            place = chance.randint(0, len(damaged))
            noise = chance.choice(
                [b'"', b"\x00", b"\xff", b"\r", b"\n", b";", b"\xef\xbb\xbf", b""]
            )
            damaged[place : place + chance.randint(0, 3)] = noise
        with contextlib.suppress(FileError):
            read(bytes(damaged))


@pytest.fixture
def german() -> Iterator[None]:
    with translation.override("de"):
        yield


class TestWhatIsLikely:
    def test_is_the_languages_way(self, german: None) -> None:
        with pytest.raises(UnclearError) as unclear:
            read(column("due_on", "05/06/2025"))
        (question,) = unclear.value.questions
        assert (question.likely, question.value, question.line) == ("day", "05/06/2025", 2)
        assert question.meanings == {"day": "5 Juni 2025", "month": "6 Mai 2025"}

    def test_is_said_of_all_columns_at_once(self) -> None:
        lines = "reference,title,due_on,estimate\nWEB-1,a,05/06/2025,1.234\n"
        with pytest.raises(UnclearError) as unclear:
            read(lines.encode())
        assert [q.kind for q in unclear.value.questions] == ["date_order", "decimal"]
        assert "due_on; estimate" in str(unclear.value)
        answered = read(lines.encode(), Reading(date_order="month", decimal="."))
        assert answered.said == [
            "“due_on” is read with the month first, as was chosen.",
            "“estimate” is read with a decimal point, as was chosen.",
        ]

    def test_a_choice_does_not_change_what_a_column_tells(self) -> None:
        found = read(column("due_on", "22/11/2025", "01/02/2025"), Reading(date_order="month"))
        assert found.said == ["“due_on” is read with the day first, as “22/11/2025” shows."]


class TestDates:
    def test_of_a_moment_is_the_day_where_the_company_is(self) -> None:
        with override_settings(USE_TZ=True), timezone.override("Pacific/Auckland"):
            assert str(read_date("2025-11-22T22:30:00Z")) == "2025-11-23"
            assert str(read_date("2025-11-22T22:30:00")) == "2025-11-22"
            assert str(read_date("2025-11-22 22:30 -0500")) == "2025-11-23"

    def test_has_months_of_the_language(self, german: None) -> None:
        assert str(read_date("14. März 2025")) == "2025-03-14"
        assert str(read_date("14/Oct/25")) == "2025-10-14"

    @pytest.mark.parametrize("text", ["", "2025", "2025-13-01", "1/2/3/4", "14/Jux/25", "1/1/٢٠٢٥"])
    def test_are_not_made_of_anything_else(self, text: str) -> None:
        assert read_date(text, "day") is None
