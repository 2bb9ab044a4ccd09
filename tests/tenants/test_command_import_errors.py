"""The rows in error of a file that is imported in a terminal, and the file of them."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.tenants.test_command_import import (
    FAULTY,
    file,
    files_in,
    kept,
    refused,
    run,
    tasks,
)

__all__ = ["file"]


@pytest.mark.usefixtures("alpha")
class TestRowsInError:
    def test_keep_everything_out(self, file: Any, imports_folder: Path) -> None:
        out = refused(1, "alpha", "tasks", file(FAULTY))
        assert "1 new, 0 changed, 0 unchanged, 1 in error." in out
        assert "status: 1 in error\n  Line 3: " in out
        assert out.endswith("Rows are in error, so nothing was imported.")
        assert (tasks(), kept(), files_in(imports_folder)) == ([], [], [])

    def test_are_left_out_by_choice(self, file: Any, tmp_path: Path) -> None:
        errors = tmp_path / "errors.csv"
        out = run("alpha", "tasks", file(FAULTY), "--good-rows-only", "--errors", str(errors))
        assert "Imported. 2 rows: 1 new, 0 changed, 0 unchanged, 1 in error." in out
        assert tasks() == ["WEB-1 First"]
        assert "WEB-2;Web;Second;nowhere;status: " in errors.read_text("utf-8-sig")

    def test_are_in_error_where_there_are_no_others(self, file: Any) -> None:
        path = file("reference,title,status\nWEB-1,A,nowhere\n")
        refused(1, "alpha", "tasks", path, "--good-rows-only")
        assert kept() == []

    def test_come_as_a_file_that_nobody_else_can_read(self, file: Any, tmp_path: Path) -> None:
        errors = tmp_path / "errors.csv"
        refused(1, "alpha", "tasks", file(FAULTY), "--errors", str(errors))
        assert "nowhere" in errors.read_text("utf-8-sig")
        assert stat.S_IMODE(errors.stat().st_mode) == 0o600

    def test_replace_no_file(self, file: Any, tmp_path: Path) -> None:
        errors = tmp_path / "errors.csv"
        errors.write_text("mine")
        out = refused(2, "alpha", "tasks", file(FAULTY), "--errors", str(errors))
        assert "is there already" in out
        assert errors.read_text() == "mine"

    @pytest.mark.parametrize("name", ["no/folder.csv", "dangling.csv", "folder"])
    def test_nothing_is_read_where_their_file_cannot_be_made(
        self, file: Any, tmp_path: Path, name: str
    ) -> None:
        (tmp_path / "dangling.csv").symlink_to(tmp_path / "nowhere")
        (tmp_path / "folder").mkdir()
        options = ("--good-rows-only", "--errors", str(tmp_path / name))
        out = refused(2, "alpha", "tasks", file(FAULTY), *options)
        assert "there already" in out or "cannot be written: No such file" in out
        assert (tasks(), kept()) == ([], [])
        assert not (tmp_path / "nowhere").exists()

    def test_leave_no_file_where_there_are_none(self, file: Any, tmp_path: Path) -> None:
        errors = tmp_path / "errors.csv"
        run("alpha", "labels", file("name\nIdea\n"), "--errors", str(errors))
        assert not errors.exists()

    @pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
    def test_that_cannot_be_written_any_more_do_not_hide_that_the_others_are_imported(
        self, file: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
    ) -> None:
        def fail(*args: Any) -> None:
            raise error

        monkeypatch.setattr(shutil, "copyfileobj", fail)
        options = ("--good-rows-only", "--errors", str(tmp_path / "errors.csv"))
        out = refused(1, "alpha", "tasks", file(FAULTY), *options)
        assert "The rows were imported, but those in error could not be written" in out
        assert tasks() == ["WEB-1 First"]
