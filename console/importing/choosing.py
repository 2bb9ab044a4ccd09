"""Widgets whose values are known beforehand: which values of a file nobody knows can be asked."""

from __future__ import annotations

from collections.abc import Callable, Collection

from django.db.models import Model

#: Whether somebody may see the rows of a model.
MaySee = Callable[[type[Model]], bool]
#: So many values are offered where there may be any number.
OFFERED = 500


def spelled(text: object) -> str:
    """A value in the one spelling that is compared: capitals, hyphens and blanks make no
    difference."""
    return " ".join(str(text).casefold().replace("_", " ").replace("-", " ").split())


def parts_of(cell: str) -> list[str]:
    """The values of a cell of several."""
    return [part for piece in cell.split(",") if (part := " ".join(piece.split()))]


class Choosing:
    """Mixed into a widget that takes one of certain values, or several of them."""

    #: Whether a cell may have several, with commas between them.
    is_several = False
    #: A column that, where it has something, makes this one's value unimportant.
    unless = ""
    #: A column of the same file in which a value may come.
    or_in = ""

    def unknown_among(self, texts: Collection[str]) -> set[str]:
        """Those of the texts that are none of the values; at most one query for a thousand."""
        raise NotImplementedError

    def options(self) -> list[tuple[str, str]]:
        """All the values, as they stand in a file and for people; none where they may be many."""
        return []

    def offered(self, may_see: MaySee) -> list[tuple[str, str]]:
        """Where there are no ``options``: the first ``OFFERED`` of the values, for a form whose
        user may see such rows."""
        return []
