"""Exports of Asana: a project's tasks as CSV.

A task is done where it has a time of completion. A sub-task comes after its task, without a
project of its own, and names the task in words; nothing has a number. The headings are those of
Asana's English export, as the test files and importers of public programs have them; its guide
says under "Privacy & security" how a project is exported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from django.utils.translation import ngettext

from console.importing.choosing import parts_of
from console.importing.figures import grouped
from console.importing.presets import Cells
from tenant_data.resources.programs.exports import TaskExport


class Asana(TaskExport):
    name = "asana"
    title = "Asana"
    signature = frozenset({"task_id", "name", "section/column"})
    columns: ClassVar[dict[str, str]] = {
        "name": "title",
        "projects": "project",
        "section/column": "status",
        "assignee_email": "assignee",
        "assignee": "assignee",
        "due_date": "due_on",
        "tags": "labels",
        "notes": "description",
    }
    helpers: ClassVar[dict[str, str]] = {"completed_at": "status"}

    def begin(self, source: dict[str, str], rows: Iterator[Cells]) -> None:
        super().begin(source, rows)
        #: That of the row above, for its sub-tasks.
        self._project = ""

    def row(self, cells: Cells, row: dict[str, str]) -> None:
        if self.is_read("project", "projects"):
            projects = parts_of(row["project"])
            self._counts["projects"] += len(projects) > 1
            if projects and self._project not in projects:
                self._project = projects[0]
            row["project"] = self._project
        if self.is_read("assignee", "assignee_email"):
            row["assignee"] = row["assignee"] or cells.get("assignee", "")
        self.end(row, is_done=bool(cells.get("completed_at")))

    def notes(self) -> Iterator[str]:
        yield from super().notes()
        if n := self._counts["projects"]:
            text = ngettext(
                "%(n)s task is in several projects; it goes into one of them.",
                "%(n)s tasks are in several projects; each goes into one of them.",
                n,
            )
            yield text % {"n": grouped(n)}
