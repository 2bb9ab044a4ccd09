"""Numbers as programs and people write them: 1234.5, 1,234.5, 1.234,5, 1 234,5.

Where there is one sign with three digits after it, it may be either: no number is read by itself,
its column says which it is (``console.importing.ways``).
"""

from __future__ import annotations

import re
from decimal import Decimal

from console.importing.reading import COMMA, POINT
from console.importing.table import Number

_BLANKS = "[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}]"
_APOSTROPHES = "['\N{RIGHT SINGLE QUOTATION MARK}]"


def _grouped(sign: str) -> str:
    return rf"[1-9][0-9]{{0,2}}(?:{sign}[0-9]{{3}})+"


def _number(decimal: str, *signs: str) -> re.Pattern[str]:
    groups = "|".join(_grouped(sign) for sign in (*signs, _BLANKS, _APOSTROPHES))
    return re.compile(rf"([+-]?)((?:{groups}|[0-9]+)(?:{decimal}[0-9]*)?|{decimal}[0-9]+)")


_BY_DECIMAL = {POINT: _number(r"\.", ","), COMMA: _number(",", r"\.")}
_WHOLE = re.compile(
    "|".join([*(_grouped(sign) for sign in (",", r"\.", _BLANKS, _APOSTROPHES)), "[0-9]+"])
)
#: Nothing that is longer is a number.
_LONGEST = 30


def read_number(text: str, decimal: str = "") -> Decimal | None:
    """The number, or ``None`` for what is none, or could be two: with ``decimal`` it is not."""
    if len(text) > _LONGEST:
        return None
    if isinstance(text, Number):
        number = Decimal(text)
        return number if number.is_finite() else None
    if decimal:
        return _read(text, decimal)
    found = {_read(text, sign) for sign in (POINT, COMMA)} - {None}
    return found.pop() if len(found) == 1 else None


def _read(text: str, decimal: str) -> Decimal | None:
    match = _BY_DECIMAL[decimal].fullmatch(text)
    if match is None:
        return None
    digits = re.sub(rf"[^0-9{re.escape(decimal)}]", "", match[2]).replace(decimal, ".")
    return Decimal(match[1] + digits)


def number_ways(text: str) -> dict[str, Decimal]:
    """What the text is with each decimal sign with which it is a number; empty where the sign
    does not matter."""
    if isinstance(text, Number) or len(text) > _LONGEST:
        return {}
    read = {sign: _read(text, sign) for sign in (POINT, COMMA)}
    found = {sign: number for sign, number in read.items() if number is not None}
    return {} if len(found) == 2 and found[POINT] == found[COMMA] else found


def read_whole(text: str) -> int | None:
    """A whole number that is not negative, with or without signs between its thousands."""
    if len(text) > _LONGEST or not _WHOLE.fullmatch(text):
        return None
    number = int(re.sub("[^0-9]", "", text))
    return number if number < 10**18 else None
