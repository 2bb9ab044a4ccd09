"""Widgets of dates and numbers, which people write in several ways."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from import_export.widgets import Widget

from console.importing.dates import date_ways, read_date
from console.importing.exceptions import CellError
from console.importing.numbers import number_ways, read_number, read_whole
from console.importing.reading import DAY_FIRST
from console.importing.ways import Evidence, Ways, weigh


class InWays(Widget):
    """A value that may be written in two ways, of which the whole column tells which.

    A resource lets it ``settle`` on one before the first cell is read; until then it reads only
    what is the same in both.
    """

    #: The field of ``Reading`` that says which, where a column does not tell.
    kind: ClassVar[str]
    ways: ClassVar[Ways]
    #: What is said of a column some of whose values are written in one way and some in the other.
    torn: ClassVar[str | Promise]
    remembers = True

    def __init__(self) -> None:
        super().__init__()
        self.way = ""
        self._is_torn = False

    def settle(self, cells: Iterable[str], chosen: str) -> Evidence:
        evidence = weigh(cells, type(self).ways)
        self.way = evidence.settled(chosen)
        self._is_torn = len(evidence.shown_by) > 1 and not chosen
        return evidence

    def check_torn(self, value: str) -> None:
        """Raise ``CellError`` for a value that takes sides in a column of both."""
        if self._is_torn and type(self).ways(value):
            raise CellError(self.torn, value=value)


class Whole(Widget):
    """A whole number that is not negative."""

    remembers = True

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> int | None:
        if not value:
            return None
        number = read_whole(value)
        if number is None:
            raise CellError(_("“%(value)s” is not a whole number such as 25."), value=value)
        return number

    def render(self, value: int | None, obj: Any = None, **kwargs: Any) -> Any:
        if value is None or kwargs.get("force_native_type"):
            return "" if value is None else value
        return str(value)


class Day(InWays):
    """A date as 2026-11-22, or in one of the other ways that ``read_date`` knows."""

    kind = "date_order"
    content = "date"
    ways = staticmethod(date_ways)
    torn = _(
        "“%(value)s”: some dates of this column have the day first, others the month. Write them "
        "as 2026-11-22, or choose which it is."
    )

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> date | None:
        if not value:
            return None
        self.check_torn(value)
        # Where the order does not matter, any will do.
        day = read_date(value, self.way or ("" if date_ways(value) else DAY_FIRST))
        if day is None:
            raise CellError(_("“%(value)s” is not a date such as 2026-11-22."), value=value)
        return day

    def render(self, value: date | None, obj: Any = None, **kwargs: Any) -> Any:
        if value is None:
            return ""
        return value if kwargs.get("force_native_type") else value.isoformat()


class Moment(Widget):
    """A date and time as 2026-11-22T10:30:00+01:00, in the zone of the company, or of the staff's
    side; only written, never read."""

    def render(self, value: datetime | None, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else localtime(value).isoformat(timespec="seconds")


class Amount(InWays):
    """An amount of money as 1250.00, 1.250,00 or 1 250,00."""

    kind = "decimal"
    ways = staticmethod(number_ways)
    torn = _(
        "“%(value)s”: some numbers of this column have a decimal comma, others a decimal point. "
        "Write all of them in one way, or choose which it is."
    )
    wrong: ClassVar[str | Promise] = _("“%(value)s” is not an amount such as 1250.00.")

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Decimal | None:
        self.check_torn(value)
        number = read_number(value, self.way)
        if number is None:
            raise CellError(self.wrong, value=value)
        return number

    def render(self, value: Decimal | None, obj: Any = None, **kwargs: Any) -> Any:
        if value is None or kwargs.get("force_native_type"):
            return "" if value is None else value
        return str(value)


class Hours(Amount):
    """Hours as 2.5 or 2,5; nothing for none."""

    wrong = _("“%(value)s” is not a number of hours such as 2.5.")

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Decimal | None:
        return super().clean(value, row) if value else None
