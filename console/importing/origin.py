"""Whose a file is: every row of an export says it, and an import reads it.

A key such as WEB-12 means one thing here and another elsewhere. So what was exported elsewhere is
refused, unless somebody chooses to have its rows taken as new ones (``as_new``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_tenants.utils import get_public_schema_name

from console.importing.columns import Info
from console.importing.exceptions import FileError, shorten
from console.importing.reading import AS_NEW, REFUSED
from console.importing.table import Table
from console.importing.widgets import Text

EXPORTED_FROM = "exported_from"
#: Of a file with rows from several places, so many of these are named, and so many lines of each.
_NAMED, _LINES = 5, 5


def whose() -> str:
    """What exports of this side say: the company's part of its address, which never changes, or
    the console's own address."""
    schema: str = connection.schema_name
    return settings.CONSOLE_DOMAIN if schema == get_public_schema_name() else schema


class Origin(Info):
    """The column with whose the row is."""

    def __init__(self) -> None:
        super().__init__(
            column_name=EXPORTED_FROM,
            widget=Text(),
            meaning=gettext_lazy(
                "Where the file was exported, which is written by the export. Leave it out of "
                "files of your own."
            ),
            samples=("", ""),
        )

    def export(self, instance: Any, **kwargs: Any) -> str:
        return whose()


def take_as_new(table: Table, *, may_be: bool) -> bool:
    """Whether the rows were exported elsewhere, and are to be new ones here.

    Raises ``FileError`` where they were and nobody chose that, which is then on the table's
    ``reading`` to be chosen, if it ``may_be``; and where they come from several places. Rows that
    do not say where they come from are taken for those of the rest.
    """
    if EXPORTED_FROM not in table.headers:
        return False
    found: dict[str, _Place] = {}
    for number, cell in enumerate(table.column(EXPORTED_FROM), 1):
        if cell:
            found.setdefault(cell.casefold(), _Place(cell)).add(number)
    theirs = [place for key, place in found.items() if key != whose().casefold()]
    if not theirs:
        return False
    if len(found) > 1:
        places = [place.words(table) for place in found.values()][:_NAMED]
        message = _("The rows of this file were exported in several places: %(places)s.")
        raise FileError(message, places="; ".join(places) + (" …" if len(found) > _NAMED else ""))
    if may_be and table.reading.foreign == AS_NEW:
        return True
    table.reading = replace(table.reading, foreign=REFUSED if may_be else "")
    message = _(
        "This file was exported from “%(theirs)s”, and this is “%(ours)s”: what it is about is "
        "something else here, so nothing of it was imported."
    )
    raise FileError(message, theirs=theirs[0].name, ours=whose())


class _Place:
    """Somewhere a file was exported, with the first rows that say so."""

    def __init__(self, name: str) -> None:
        self.name, self._numbers, self._count = name, list[int](), 0

    def add(self, number: int) -> None:
        self._count += 1
        if len(self._numbers) < _LINES:
            self._numbers.append(number)

    def words(self, table: Table) -> str:
        """Such as “acme” on lines 2, 3, …"""
        lines = ", ".join(str(table.line(number)) for number in self._numbers)
        more = ", …" if self._count > _LINES else ""
        text = ngettext(
            "“%(name)s” on line %(lines)s", "“%(name)s” on lines %(lines)s", self._count
        )
        return text % {"name": shorten(self.name, 40), "lines": lines + more}
