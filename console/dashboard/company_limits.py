"""Limits of a company's plan that are reached or nearly so, in words for those who can act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.limits import plan_of_company
from tenants.use import NEARLY

#: Who can make room, or ask for a larger plan: those who bring people in.
MAY_ACT = "accounts.add_user"
#: The list where one sees what is counted, and the right to see it.
_LISTS = {
    "users": ("accounts.view_user", "admin:accounts_user_changelist"),
    "projects": ("tenant_data.view_project", "admin:tenant_data_project_changelist"),
    "tasks": ("tenant_data.view_task", "admin:tenant_data_task_changelist"),
}


@dataclass(frozen=True, slots=True)
class NearLimit:
    """A limit of which little or nothing is left."""

    kind: str
    text: str
    #: ``bad`` where it is reached, ``warn`` before.
    tone: str
    #: Where to make room; empty where there is no such list.
    url: str


def near_limits(request: HttpRequest) -> list[NearLimit]:
    """For those who can act; a query for each limit that the plan has."""
    plan = plan_of_company()
    if plan is None or not request.user.has_perm(MAY_ACT):
        return []
    used_of: Callable[[str], int] = import_string(settings.TENANT_USE)
    found = []
    for kind, limit in plan.limits().items():
        if limit is None:
            continue
        used = used_of(kind)
        if used * 100 >= limit * NEARLY:
            tone = "bad" if used >= limit else "warn"
            text = _sentence(kind, plan.name, used, limit)
            found.append(NearLimit(kind, text, tone, _list_of(request, kind)))
    return found


def _list_of(request: HttpRequest, kind: str) -> str:
    right, name = _LISTS.get(kind, ("", ""))
    return reverse(name) if right and request.user.has_perm(right) else ""


def _sentence(kind: str, plan: str, used: int, limit: int) -> str:
    in_words = filesizeformat if kind == "storage" else _grouped
    words = {"plan": plan, "used": in_words(used), "limit": in_words(limit)}
    return _SENTENCES[kind](limit) % words


def _grouped(number: int) -> str:
    return str(number_format(number, use_l10n=True, force_grouping=True))


_SENTENCES: dict[str, Callable[[int], str]] = {
    "users": lambda n: ngettext(
        "Your plan “%(plan)s” has room for %(limit)s user, and you have %(used)s.",
        "Your plan “%(plan)s” has room for %(limit)s users, and you have %(used)s.",
        n,
    ),
    "projects": lambda n: ngettext(
        "Your plan “%(plan)s” has room for %(limit)s project, and you have %(used)s.",
        "Your plan “%(plan)s” has room for %(limit)s projects, and you have %(used)s.",
        n,
    ),
    "tasks": lambda n: ngettext(
        "Your plan “%(plan)s” has room for %(limit)s task, and you have %(used)s.",
        "Your plan “%(plan)s” has room for %(limit)s tasks, and you have %(used)s.",
        n,
    ),
    "storage": lambda n: _(
        "Your plan “%(plan)s” has room for %(limit)s of files, and you have %(used)s."
    ),
}
