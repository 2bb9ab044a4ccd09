"""Exports of Trello: a board's cards as CSV, which its Premium workspaces have.

The list says how far a card is; a card that is archived, or whose due date is ticked off, is done.
Labels come with their colours in brackets, and several people may have a card. The headings are
those of the board's export, as the importers of public programs and their documentation list them;
Trello's own page is "Automating Exports".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from django.utils.translation import ngettext

from console.importing.figures import grouped
from console.importing.presets import Cells
from tenant_data.resources.programs.exports import TaskExport, first_of

_COLOURS = "green|yellow|orange|red|purple|blue|sky|lime|pink|black"
_LABEL = re.compile(
    rf"\s*(?P<name>.*?)\s*\((?P<colour>({_COLOURS})(_(light|dark))?)\)\s*(,|$)", re.IGNORECASE
)
#: The name that somebody signs in with at Trello, behind the full name.
_SIGN_IN_NAME = re.compile(r"\s+\([a-z0-9_]{3,}\)$")


class Trello(TaskExport):
    name = "trello"
    title = "Trello"
    signature = frozenset({"card_id", "card_name", "list_name"})
    columns: ClassVar[dict[str, str]] = {
        "card_name": "title",
        "board_name": "project",
        "list_name": "status",
        "card_description": "description",
        "members": "assignee",
        "due_date": "due_on",
        "labels": "labels",
    }
    helpers: ClassVar[dict[str, str]] = {"archived": "status", "due_complete": "status"}

    def row(self, cells: Cells, row: dict[str, str]) -> None:
        if self.is_read("labels", "labels"):
            row["labels"] = without_colours(row["labels"])
        if self.is_read("assignee", "members"):
            first, are_more = first_of(row["assignee"])
            row["assignee"] = _SIGN_IN_NAME.sub("", first)
            self._counts["people"] += are_more
        flags = (cells.get("archived", ""), cells.get("due_complete", ""))
        self.end(row, is_done="true" in map(str.lower, flags))

    def notes(self) -> Iterator[str]:
        yield from super().notes()
        if n := self._counts["people"]:
            text = ngettext(
                "%(n)s task has several people; the first one gets it.",
                "%(n)s tasks have several people; the first one gets each.",
                n,
            )
            yield text % {"n": grouped(n)}


def without_colours(cell: str) -> str:
    """The names of the labels, with commas between them and none in them; one without a name is
    called by its colour."""
    names, end = [], 0
    for match in _LABEL.finditer(cell):
        name = match["name"].replace(",", " ")
        names.append(name or match["colour"].replace("_", " "))
        end = match.end()
    return ", ".join(filter(None, [*names, cell[end:].strip()]))
