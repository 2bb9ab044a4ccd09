"""What the exports of all programs have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

from django.utils.translation import ngettext

from console.importing.figures import grouped
from console.importing.mapping import CREATE, SKIP
from console.importing.presets import Cells, Preset
from tenant_data.models import Task, TaskStatus

_LONGEST_TITLE = Task._meta.get_field("title").max_length or 0


class TaskExport(Preset):
    """Tasks of another program: words for how far they are, and people, are mostly its own."""

    unknown: ClassVar[dict[str, str]] = {
        "project": CREATE,
        "status": SKIP,
        "priority": SKIP,
        "assignee": SKIP,
    }

    def begin(self, source: dict[str, str], rows: Iterator[Cells]) -> None:
        super().begin(source, rows)
        #: By what was done: in how many rows.
        self._counts: Counter[str] = Counter()

    def is_read(self, field: str, heading: str) -> bool:
        """Whether the field is read from that column, and not from another that was chosen."""
        return self.source.get(field) == heading

    def end(self, row: dict[str, str], *, is_done: bool) -> None:
        """What is done with the rows of every program."""
        if is_done and "status" in row:
            row["status"] = TaskStatus.DONE.value
        title = row.get("title", "")
        if len(title) > _LONGEST_TITLE and "description" in row:
            self._counts["long"] += 1
            row["title"] = f"{title[: _LONGEST_TITLE - 1]}…"
            row["description"] = "\n\n".join(filter(None, (title, row["description"])))

    def notes(self) -> Iterator[str]:
        if n := self._counts["long"]:
            text = ngettext(
                "%(n)s title is too long; all of it is put at the head of the description.",
                "%(n)s titles are too long; all of them are put at the heads of the descriptions.",
                n,
            )
            yield text % {"n": grouped(n)}


def first_of(cell: str) -> tuple[str, bool]:
    """The first of several values with commas between them, and whether there are more."""
    first, _comma, rest = cell.partition(",")
    return first.strip(), bool(rest.strip())
