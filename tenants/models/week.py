from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class WeekStart(models.TextChoices):
    """The day with which a company's weeks begin, in calendars and on dashboards."""

    LANGUAGE = "language", _("As is usual in the language")
    MONDAY = "monday", _("Monday")
    SUNDAY = "sunday", _("Sunday")
    SATURDAY = "saturday", _("Saturday")
