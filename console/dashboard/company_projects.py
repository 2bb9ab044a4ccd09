"""How projects go: for each a drawing of what there was to do and what was done, by week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.company.weeks import first_weekday
from console.dashboard.company_lists import in_hours, sees, tasks_url
from console.limits import has_feature
from tenant_data import stats
from tenant_data.stats import Progress

PROJECTS = 6
WEEKS = 12
#: The size of the drawing; it is stretched to the width of its place.
WIDTH, HEIGHT = 110, 36


@dataclass(frozen=True, slots=True)
class Going:
    """One project as the home page shows it."""

    name: str
    url: str
    total: int
    done: int
    left: int
    left_url: str
    late: int
    late_url: str
    percent: int
    due_on: date | None
    is_overdue: bool
    #: “12.5 of 40 hours booked”; empty where there is nothing to say.
    time: str
    #: Of the drawing, as SVG writes points: the line of what there was to do, and the ground that
    #: the done ones cover.
    scope_line: str
    done_ground: str
    text: str


def projects_going(request: HttpRequest) -> list[Going]:
    """The most active projects. Three queries, four with time."""
    ends = stats.ends_of_weeks(WEEKS, first_weekday(request))
    projects = stats.most_active_projects(PROJECTS, since=ends[0])
    with_time = sees(request, "timeentry") and has_feature("time_tracking")
    going = stats.progress_of(projects, ends, with_time=with_time)
    return [_going(progress, since=ends[0]) for progress in going]


def _going(progress: Progress, *, since: datetime) -> Going:
    project, total, done = progress.project, progress.scope[-1], progress.done[-1]
    return Going(
        project.name,
        tasks_url(project__id__exact=project.pk),
        total,
        done,
        total - done,
        tasks_url(work="open", project__id__exact=project.pk),
        progress.late,
        tasks_url(work="late", project__id__exact=project.pk),
        done * 100 // total if total else 0,
        project.due_on,
        project.due_on is not None and project.due_on < timezone.localdate(),
        _time(progress),
        _points(progress.scope, progress),
        f"0,{HEIGHT} {_points(progress.done, progress)} {WIDTH},{HEIGHT}",
        _text(progress, since),
    )


def _points(numbers: tuple[int, ...], progress: Progress) -> str:
    """The numbers as points from left to right, as high as the project's scope ever was."""
    most = max(*progress.scope, 1)
    step = WIDTH / max(len(numbers) - 1, 1)
    # One unit is left free at the top, so that the line is not cut in half there.
    height = HEIGHT - 1
    return " ".join(
        f"{place * step:.1f},{HEIGHT - height * number / most:.1f}"
        for place, number in enumerate(numbers)
    )


def _time(progress: Progress) -> str:
    if progress.minutes is None or not (progress.minutes or progress.hours):
        return ""
    booked = in_hours(progress.minutes / 60)
    if not progress.hours:
        return _("%(booked)s hours booked") % {"booked": booked}
    words = {"booked": booked, "estimated": in_hours(progress.hours)}
    return _("%(booked)s of %(estimated)s hours booked") % words


def _text(progress: Progress, since: datetime) -> str:
    then = {"done": progress.done[0], "total": progress.scope[0]}
    now = {"done": progress.done[-1], "total": progress.scope[-1]}
    return " ".join(
        [
            ngettext(
                "%(done)d of %(total)d task is done.",
                "%(done)d of %(total)d tasks are done.",
                now["total"],
            )
            % now,
            # A day: the drawing begins where a week does, and now is somewhere in one.
            _("At the start of %(day)s it was %(done)d of %(total)d.")
            % {"day": _day(since), **then},
        ]
    )


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATE_FORMAT")
