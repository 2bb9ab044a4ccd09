"""Weeks and days where the company is: the time zone is the one that is active."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from console.company.weeks import start_of_week


def midnight(day: date) -> datetime:
    """When the day begins there."""
    return timezone.make_aware(datetime.combine(day, time.min))


def ends_of_weeks(count: int, first_weekday: int) -> list[datetime]:
    """When each of the last weeks was over, the oldest first; not of this one, which is not."""
    this_week = start_of_week(timezone.localdate(), first_weekday)
    return [midnight(this_week - timedelta(weeks=ago)) for ago in reversed(range(count))]
