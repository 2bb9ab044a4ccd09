"""Days as people type them: as the forms of the language read them, and as ISO has them."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.forms import DateField
from django.utils import timezone
from django.utils.formats import get_format, localize_input
from django.utils.translation import gettext as _


def read_day(text: str) -> date | None:
    """The day that somebody typed or picked, in the active language's way of writing it; ``None``
    for what is no day, or none that anybody can mean."""
    try:
        day = DateField(required=False).clean(text)
    except ValidationError:
        return None
    return day if day is not None and 1900 <= day.year <= 2200 else None


def is_day_first() -> bool:
    """Whether the active language writes the day before the month, where both are numbers."""
    formats = (text for text in get_format("DATE_INPUT_FORMATS") if text.startswith(("%d", "%m")))
    return next(formats, "%d").startswith("%d")


def how_to_write() -> str:
    """What a field says of a text that is no day."""
    return _("This is not a date. Write it like %(example)s.") % {"example": example()}


def example() -> str:
    """Today, as the calendar writes it in the active language."""
    return str(localize_input(timezone.localdate()))
