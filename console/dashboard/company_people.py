"""Who has how much to do, as bars: open tasks, and the late ones among them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.accounts.models import User
from console.dashboard.charts import FULL
from console.dashboard.company_lists import in_hours, tasks_url
from tenant_data import stats
from tenant_data.stats import WorkOf

#: How many people have a bar.
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Load:
    """The bar of one person, or of nobody."""

    name: str
    open: int
    late: int
    hours: str
    url: str
    #: All of it in words, for those who do not see the drawing.
    text: str
    #: Of ``FULL``, as SVG writes it: all of the bar, and its part that is late.
    length: str
    late_length: str
    is_nobody: bool = False


def loads(work: list[WorkOf]) -> list[Load]:
    """A bar for each of those with most to do, and the last one for what is nobody's."""
    people = [of for of in work if of.person_id is not None][:SHOWN]
    shown = people + [of for of in work if of.person_id is None]
    names = stats.people_named(of.person_id for of in people if of.person_id is not None)
    most = max((of.open for of in shown), default=1)
    return [_load(of, names, most) for of in shown]


def _load(of: WorkOf, names: dict[int, User], most: int) -> Load:
    if of.person_id is None:
        name, url = _("Nobody"), tasks_url(work="unassigned")
    else:
        person = names[of.person_id]
        name = str(person) if person.is_active else _("%(name)s (deactivated)") % {"name": person}
        url = tasks_url(work="open", assignee__id__exact=of.person_id)
    scale = FULL / most
    return Load(
        name,
        of.open,
        of.late,
        in_hours(of.hours) if of.hours else "",
        url,
        _text(name, of),
        # What is not zero can be seen, however small it is beside the others.
        f"{max(of.open * scale, 1.5):.1f}",
        f"{max(of.late * scale, 1.5) if of.late else 0:.1f}",
        of.person_id is None,
    )


def _text(name: str, of: WorkOf) -> str:
    """“Ada Baker: 12 tasks to do, 3 late, 34 hours estimated”."""
    parts = [ngettext("%(n)d task to do", "%(n)d tasks to do", of.open) % {"n": of.open}]
    if of.late:
        parts.append(ngettext("%(n)d late", "%(n)d late", of.late) % {"n": of.late})
    if of.hours:
        parts.append(_("%(hours)s hours estimated") % {"hours": in_hours(of.hours)})
    return f"{name}: {', '.join(parts)}"
