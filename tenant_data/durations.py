"""Time as people write it: “1:30”, “1.5”, “1,5 h”, “90 min”, “2h”, “1h30”, “1 h 30 min”."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from tenant_data.models.time_entry import A_DAY, hours

_HOURS = r"h|hrs?|hours?"
_MINUTES = r"m|mins?|minutes?"
_NUMBER = r"[0-9]{1,6}(?:[.,][0-9]{1,4})?"
_CLOCK = re.compile(r"([0-9]{1,3}):([0-5][0-9])(?:\s*(?:%s))?" % _HOURS)  # noqa: UP031
_WORDS = re.compile(
    rf"(?:(?P<hours>{_NUMBER})\s*(?:{_HOURS}))?\s*(?:(?P<minutes>[0-9]{{1,6}})\s*(?:{_MINUTES}))?"
)
#: “1h30”: what stands behind whole hours without a word is minutes, fewer than an hour has.
_SHORT = re.compile(rf"([0-9]{{1,3}})\s*(?:{_HOURS})\s*([0-5]?[0-9])")
_PLAIN = re.compile(_NUMBER)


def read_minutes(text: str) -> int:
    """The minutes that somebody means; a number alone is hours.

    Raises ``ValidationError`` for what cannot be read, for nothing, and for more than a day.
    """
    minutes = _read(" ".join(text.lower().split()))
    if minutes is None:
        raise ValidationError(_("Write it as 1:30, 1.5 h or 90 min."), code="invalid")
    if minutes < 1:
        raise ValidationError(_("Book a minute at least."), code="min_value")
    if minutes > A_DAY:
        message = _("This is more than a day: %(time)s hours. Write minutes as 90 min.")
        raise ValidationError(message % {"time": hours(minutes)}, code="max_value")
    return minutes


def _read(text: str) -> int | None:
    if clock := _CLOCK.fullmatch(text) or _SHORT.fullmatch(text):
        return int(clock[1]) * 60 + int(clock[2])
    if _PLAIN.fullmatch(text):
        return _of_hours(text)
    words = _WORDS.fullmatch(text)
    if not words or not text:
        return None
    return _of_hours(words["hours"] or "0") + int(words["minutes"] or 0)


def _of_hours(number: str) -> int:
    exact = Decimal(number.replace(",", ".")) * 60
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


class MinutesField(forms.CharField):
    """Minutes, typed and shown as people write time."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Time"))
        kwargs.setdefault("help_text", gettext_lazy("As 1:30, 1.5 h or 90 min."))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return read_minutes(text) if text else None

    def prepare_value(self, value: Any) -> Any:
        return hours(value) if isinstance(value, int) else value
