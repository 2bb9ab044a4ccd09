"""How a file is read: what was found out about it, or what somebody chose instead."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Encodings as Python calls them, by what people call them. Only the first four are ever found
#: by themselves: the others differ from them in letters alone, which nothing but a reader can see.
ENCODINGS: dict[str, str | Promise] = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252",
    "iso8859-1": "Latin-1 (ISO-8859-1)",
    "iso8859-15": "Latin-9 (ISO-8859-15)",
    "cp1250": _("Windows-1250 (Central Europe)"),
    "cp1251": _("Windows-1251 (Cyrillic)"),
    "mac-roman": "Mac Roman",
}
DELIMITERS: dict[str, str | Promise] = {
    ",": _("commas"),
    ";": _("semicolons"),
    "\t": _("tabs"),
    "|": _("vertical bars"),
}
DAY_FIRST, MONTH_FIRST = "day", "month"
DATE_ORDERS: dict[str, str | Promise] = {
    DAY_FIRST: _("the day first"),
    MONTH_FIRST: _("the month first"),
}
COMMA, POINT = ",", "."
DECIMALS: dict[str, str | Promise] = {
    COMMA: _("a decimal comma"),
    POINT: _("a decimal point"),
}
#: What is done with a file that was exported elsewhere.
REFUSED, AS_NEW = "refused", "new"
FOREIGN: dict[str, str | Promise] = {
    REFUSED: _("do not import it"),
    AS_NEW: _("take its rows as new ones; what is here already stays as it is"),
}


@dataclass(frozen=True)
class Reading:
    """Everything that has to be known to read the same bytes as the same rows.

    What is empty is found out: encoding, delimiter and line of the header when the file is read.
    Date order and decimal sign are what somebody chose for columns that do not tell by themselves.
    """

    #: Empty for a workbook, as is the delimiter.
    encoding: str = ""
    delimiter: str = ""
    #: The line on which the header begins, counted from 1; 0 where it is to be found.
    header_line: int = 0
    date_order: str = ""
    decimal: str = ""
    #: Empty where the file was exported here, or does not say where.
    foreign: str = ""

    def choice(self, kind: str) -> str:
        """What was chosen for columns of this kind: ``date_order`` or ``decimal``."""
        return str(getattr(self, kind))


FIND_OUT = Reading()


@dataclass(frozen=True)
class Question:
    """What a column leaves open, so that nobody but a person can say it.

    ``kind`` is the field of ``Reading`` that takes the answer, ``likely`` the answer that is
    offered first.
    """

    kind: str
    columns: tuple[str, ...]
    #: A value of the file that could be either, its line, and what it is either way.
    value: str
    line: int
    meanings: dict[str, str] = field(default_factory=dict)
    likely: str = ""
