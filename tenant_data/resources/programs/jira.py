"""Exports of Jira: its issues as CSV, with all fields or with the current ones.

A column for each label; estimates in seconds; the parent by its id, and since 2024 also by its
key. Statuses are what each company makes of them, and belong to one of three categories. The
headings are those that Jira writes in English, as the test files and importers of public programs
have them; "Data pipeline export schema" of Jira's documentation explains the fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import ClassVar

from django.utils.translation import ngettext

from console.importing.figures import grouped
from console.importing.mapping import SKIP
from console.importing.presets import Cells
from console.importing.table import Number
from console.importing.widgets import OneOf
from tenant_data.models import TaskStatus
from tenant_data.resources import words
from tenant_data.resources.programs.exports import TaskExport

#: Nothing in Jira has more levels above it: Advanced Roadmaps add some to epic, story, sub-task.
_LEVELS = 10
_REMEMBERED = 1000


class Jira(TaskExport):
    name = "jira"
    title = "Jira"
    signature = frozenset({"summary", "issue_key"})
    columns: ClassVar[dict[str, str]] = {
        "issue_key": "reference",
        "project_name": "project",
        "project_key": "project",
        "summary": "title",
        "description": "description",
        "status": "status",
        "priority": "priority",
        "assignee": "assignee",
        "due_date": "due_on",
        "fix_versions": "milestone",
        "fix_version/s": "milestone",
        "parent_key": "parent",
        "parent": "parent",
        "parent_id": "parent",
        "original_estimate": "estimate",
        "labels": "labels",
    }
    helpers: ClassVar[dict[str, str]] = {"issue_id": "parent", "status_category": "status"}
    unknown: ClassVar[dict[str, str]] = {**TaskExport.unknown, "milestone": SKIP, "parent": SKIP}

    def begin(self, source: dict[str, str], rows: Iterator[Cells]) -> None:
        super().begin(source, rows)
        self._is_known = lru_cache(maxsize=_REMEMBERED)(self._is_status)
        self._parents: dict[str, str] = {}
        self._has_parents = source.get("parent") in {"parent_key", "parent", "parent_id"}
        if self._has_parents:
            self._load_parents(rows)

    @staticmethod
    def _is_status(text: str) -> bool:
        return not OneOf(TaskStatus, also=words.TASK_STATUS).unknown_among([text])

    def _load_parents(self, rows: Iterator[Cells]) -> None:
        """Whose part each issue is, by their keys."""
        key_of: dict[str, str] = {}
        for cells in rows:
            key = cells["issue_key"].upper()
            key_of[cells.get("issue_id", "")] = key
            if parent := self._parent(cells):
                self._parents[key] = parent
        for key, parent in self._parents.items():
            # One that is not in the file stays an id, which is no task here.
            self._parents[key] = key_of.get(parent, parent)

    @staticmethod
    def _parent(cells: Cells) -> str:
        names = ("parent_key", "parent", "parent_id")
        return next((cells[name] for name in names if cells.get(name)), "").upper()

    def row(self, cells: Cells, row: dict[str, str]) -> None:
        if self._has_parents:
            row["parent"] = self._whole_of(cells["issue_key"].upper())
        estimate = row.get("estimate", "")
        if self.is_read("estimate", "original_estimate") and estimate.isdecimal():
            row["estimate"] = Number((Decimal(estimate) / 3600).quantize(Decimal("0.01")))
        category = cells.get("status_category", "")
        status = row.get("status", "")
        if category and status and not self._is_known(status):
            row["status"] = category
        self.end(row, is_done=False)

    def _whole_of(self, key: str) -> str:
        """What the issue becomes a part of: there are two levels here, so that is the uppermost
        one, in the same project."""
        parent, levels = self._parents.get(key, ""), 1
        while parent in self._parents and levels < _LEVELS:
            parent, levels = self._parents[parent], levels + 1
        if not parent:
            return ""
        if parent.partition("-")[0] != key.partition("-")[0] and not parent.isdecimal():
            self._counts["elsewhere"] += 1
            return ""
        self._counts["deep"] += levels > 1
        return parent

    def notes(self) -> Iterator[str]:
        yield from super().notes()
        if n := self._counts["deep"]:
            text = ngettext(
                "%(n)s task is a part of a part; it becomes a part of the uppermost one.",
                "%(n)s tasks are parts of parts; they become parts of the uppermost ones.",
                n,
            )
            yield text % {"n": grouped(n)}
        if n := self._counts["elsewhere"]:
            text = ngettext(
                "%(n)s task is a part of one in another project, and becomes one of its own.",
                "%(n)s tasks are parts of some in other projects, and become ones of their own.",
                n,
            )
            yield text % {"n": grouped(n)}
