"""The system checks as a whole: silent about the project as it is, numbered, and all explained."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from console.data_folder import CHECKOUT
from tests.console.checking import messages

NUMBER = re.compile(r"console\.[EW]\d{3}")


def numbers_in(*files: Path) -> set[str]:
    return {number for file in files for number in NUMBER.findall(file.read_text())}


CODE = sorted((CHECKOUT / "console" / "checks").glob("*.py"))
IN_CODE = numbers_in(*CODE)
DOCS = CHECKOUT / "docs" / "checks.md"


class TestTheProjectAsItIs:
    def test_has_nothing_to_complain_about(self, db: None) -> None:
        out, err = StringIO(), StringIO()
        call_command("check", databases=["default"], stdout=out, stderr=err)
        assert out.getvalue() == "System check identified no issues (0 silenced).\n"
        assert err.getvalue() == ""

    def test_is_not_asked_about_its_database_unless_that_is_named(
        self, db: None, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(0):
            assert messages() == []
        with django_assert_num_queries(0):
            assert messages(["another"]) == []

    @pytest.mark.processes
    def test_is_checked_by_a_command_without_a_database(self, tmp_path: Path) -> None:
        ours = ("DATABASE_URL", "WEB_DATABASE_URL", "CONSOLE_LOGIN")
        done = subprocess.run(
            [sys.executable, "manage.py", "check", "--fail-level", "WARNING"],
            cwd=CHECKOUT,
            env={
                **{name: value for name, value in os.environ.items() if name not in ours},
                "CONSOLE_DATA_DIR": str(tmp_path / "var"),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert not (tmp_path / "var").exists()


class TestEveryNumber:
    def test_there_are_some(self) -> None:
        assert len(IN_CODE) > 40

    def test_stands_for_one_thing_be_it_an_error_or_a_warning(self) -> None:
        digits = Counter(number[-3:] for number in IN_CODE)
        assert [number for number, times in digits.items() if times > 1] == []

    def test_is_explained_in_the_documents_and_only_those_are(self) -> None:
        assert numbers_in(DOCS) == IN_CODE

    def test_is_explained_once(self) -> None:
        rows = re.findall(r"^\| `(console\.[EW]\d{3})` \|", DOCS.read_text(), re.MULTILINE)
        assert rows == sorted(rows, key=lambda number: number[-3:])
        assert len(rows) == len(IN_CODE)

    def test_is_provoked_by_a_test(self) -> None:
        tests = sorted(Path(__file__).parent.glob("test_checks_*.py"))
        assert IN_CODE - numbers_in(*tests) == set()

    def test_has_the_letter_of_its_level_and_says_how_to_mend_it(self) -> None:
        levels = {"Error": "E", "Warning": "W"}
        calls = [
            node
            for file in CODE
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in levels
        ]
        assert len(calls) >= len(IN_CODE)
        for call in calls:
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            assert "hint" in given
            number = ast.literal_eval(given["id"])
            assert number.startswith(f"console.{levels[call.func.id]}")
