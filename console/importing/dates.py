"""Dates as programs and people write them.

Where day and month are both numbers and the year comes last, either may be the first: no date is
read by itself, its column says which it is (``console.importing.ways``).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache

from django.utils.dates import MONTHS, MONTHS_3, MONTHS_AP
from django.utils.timezone import localtime
from django.utils.translation import get_language, override

from console.importing.reading import DAY_FIRST, MONTH_FIRST

#: 2025-11-22, 2025/11/22.
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
#: 22/11/2025, 6/21/25, 22-11-2025; nobody writes the month first with points.
_YEAR_LAST = re.compile(r"([0-9]{1,2})([/-])([0-9]{1,2})\2([0-9]{4}|(?<=/)[0-9]{2})")
_POINTS = re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})\. ?([0-9]{4}|[0-9]{2})")
#: 14/Jul/25, 14 July 2025, 14. Juli 2025; Jul 14, 2025.
_NAMED = re.compile(r"([0-9]{1,2})[ ./-]+([^\W\d_]+)\.?[ ,./-]+([0-9]{4}|[0-9]{2})")
_NAME_FIRST = re.compile(r"([^\W\d_]+)\.? ([0-9]{1,2}),? ([0-9]{4})")
_TIME = re.compile(
    r"(?:T|,? +)([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]{1,9})?)?"
    r"(?: ?([ap])\.?m\.?)? ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
#: Nothing that is longer is a date.
_LONGEST = 60


def read_date(text: str, order: str = "") -> date | None:
    """The day, or ``None`` for what is no date, or could be two: with ``order`` it is not.

    Of a time with its distance from UTC, it is the day in the time zone of whoever reads.
    """
    text = " ".join(text.split())
    if len(text) > _LONGEST:
        return None
    for pattern in (_YEAR_FIRST, _YEAR_LAST, _POINTS, _NAMED, _NAME_FIRST):
        if match := pattern.match(text):
            break
    else:
        return None
    parts = match.groups()
    if pattern is _YEAR_FIRST:
        year, _sign, month, day = parts
    elif pattern is _YEAR_LAST:
        if order not in (DAY_FIRST, MONTH_FIRST):
            return None
        first, _sign, second, year = parts
        day, month = (first, second) if order == DAY_FIRST else (second, first)
    elif pattern is _NAME_FIRST:
        month, day, year = parts
    else:
        day, month, year = parts
    number = int(month) if month.isascii() and month.isdigit() else _month(month)
    try:
        return _at(date(_year(year), number, int(day)), text[match.end() :])
    except (ValueError, OverflowError):
        return None


def date_ways(text: str) -> dict[str, date]:
    """What the text is in each order in which it is a date; empty where the order does not
    matter."""
    read = {order: read_date(text, order) for order in (DAY_FIRST, MONTH_FIRST)}
    found = {order: day for order, day in read.items() if day is not None}
    return {} if len(found) == 2 and found[DAY_FIRST] == found[MONTH_FIRST] else found


def _at(day: date, rest: str) -> date:
    """The day of the moment. Raises ``ValueError`` where the rest is no time."""
    if not rest.strip():
        return day
    match = _TIME.fullmatch(rest)
    if match is None:
        raise ValueError(rest)
    hour, minute, second, half, zone = match.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError(rest)
        hours = hours % 12 + (12 if half in "pP" else 0)
    moment = datetime(day.year, day.month, day.day, hours, int(minute), int(second or 0))
    return localtime(moment.replace(tzinfo=_zone(zone))).date() if zone else day


def _zone(text: str) -> timezone:
    if text[0] not in "+-":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year < 69 else 1900)


def _month(name: str) -> int:
    """The number of the month of that name, in English or the active language; 0 for none."""
    return _months(get_language() or "en").get(name.casefold(), 0)


@cache
def _months(language: str) -> dict[str, int]:
    names = {"sept": 9}
    for spoken in (language, "en"):
        with override(spoken):
            for months in (MONTHS_AP, MONTHS_3, MONTHS):
                names |= {str(name).strip(".").casefold(): n for n, name in months.items()}
    return names
