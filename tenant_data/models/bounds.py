"""What a value may be at the most, wherever it comes from: forms, files, code."""

from __future__ import annotations

from datetime import date

from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

#: Fits into a cell of a sheet (32,767 characters), so that what goes out can come in again.
LONG_TEXT = [MaxLengthValidator(20_000)]
#: A slip of the keyboard, such as the year 206 or 20026, is no day that anybody means.
USUAL_DAYS = [
    MinValueValidator(date(1900, 1, 1), _("Is the year right?")),
    MaxValueValidator(date(2199, 12, 31), _("Is the year right?")),
]
