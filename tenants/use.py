"""How much a tenant uses of what its plan allows, for the staff's side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.module_loading import import_string
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenants.models import Client, Limit
from tenants.schemas.ask import ask

#: The share of a limit, in percent, from which on it is shown as nearly reached.
NEARLY = 90


@dataclass(frozen=True, slots=True)
class Use:
    """How much of one kind is used; storage in bytes."""

    kind: Limit
    used: int
    #: ``None`` where the plan sets no limit.
    limit: int | None

    @property
    def percent(self) -> int:
        """The share of the limit, from 0 to 100; more than the limit is 100."""
        if self.limit is None:
            return 0
        return 100 if self.used >= self.limit else self.used * 100 // self.limit

    @property
    def level(self) -> str:
        """``full``, ``high`` or ``fine``: how close it is."""
        if self.limit is None:
            return "fine"
        if self.used >= self.limit:
            return "full"
        return "high" if self.percent >= NEARLY else "fine"

    @property
    def label(self) -> str:
        return str(self.kind.label)

    def __str__(self) -> str:
        if self.limit is None:
            return _("%(used)s, no limit") % {"used": self._in_words(self.used)}
        words = {"used": self._in_words(self.used), "limit": self._in_words(self.limit)}
        return _("%(used)s of %(limit)s") % words

    def _in_words(self, number: int) -> str:
        return filesizeformat(number) if self.kind == Limit.STORAGE else _grouped(number)


def use_of(client: Client) -> list[Use] | None:
    """The use of each kind, or ``None`` where the schema does not answer at once."""
    used = _used(client)
    if used is None:
        return None
    return _against_limits(client, used)


def own_use(client: Client) -> list[Use]:
    """The same, asked by a request of the client's own, whose connection is in its schema."""
    return _against_limits(client, _count())


def _against_limits(client: Client, used: dict[str, int]) -> list[Use]:
    limits = client.plan.limits() if client.plan else {}
    return [Use(kind, used[kind.value], limits.get(kind.value)) for kind in Limit]


def held_in_words(client: Client) -> str | None:
    """What the tenant holds, in a sentence's words; ``None`` where it does not answer."""
    used = _used(client)
    if used is None:
        return None
    users, projects, tasks = used["users"], used["projects"], used["tasks"]
    parts = [
        ngettext("%(n)s user", "%(n)s users", users) % {"n": _grouped(users)},
        ngettext("%(n)s project", "%(n)s projects", projects) % {"n": _grouped(projects)},
        ngettext("%(n)s task", "%(n)s tasks", tasks) % {"n": _grouped(tasks)},
    ]
    if used["storage"]:
        parts.append(_("%(size)s of files") % {"size": filesizeformat(used["storage"])})
    return str(get_text_list(parts, _("and")))


def _used(client: Client) -> dict[str, int] | None:
    """What the tenant's side says, asked in its schema; ``None`` without an answer."""
    return ask(client.schema_name, _count) if client.is_provisioned else None


def _count() -> dict[str, int]:
    used: Callable[[str], int] = import_string(settings.TENANT_USE)
    return {kind.value: used(kind.value) for kind in Limit}


def _grouped(number: int) -> str:
    return str(number_format(number, use_l10n=True, force_grouping=True))
