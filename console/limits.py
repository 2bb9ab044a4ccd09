"""What a company's plan allows, held wherever rows are written.

Models of the tenants' side ask here before they save. Which plan it is and how much is used is
answered by two functions that the settings name, for this knows neither of the two sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.postgres.contexts import tenants_connection


class Plan(Protocol):
    name: str

    def limits(self) -> dict[str, int | None]: ...

    @property
    def features(self) -> list[str]: ...


class LimitReached(ValidationError):
    """One more would be more than the plan allows. Nothing was written."""


def plan_of_company() -> Plan | None:
    """The plan of the tenant that the connection is in; ``None`` where nothing is limited."""
    plan: Callable[[], Plan | None] = import_string(settings.TENANT_PLAN)
    return plan()


def includes(plan: Plan | None, feature: str) -> bool:
    """Whether the plan has it switched on. Without a plan there is nothing that one could lack."""
    return plan is None or feature in plan.features


def has_feature(feature: str) -> bool:
    """The same of the plan of the tenant that the connection is in."""
    return includes(plan_of_company(), feature)


def check(kind: str, *, adding: int = 1, are_added: bool = False, lock: bool = True) -> None:
    """Raise ``LimitReached`` where ``adding`` more of a kind are more than the plan allows.

    With ``are_added``, the caller's transaction has them already, and is to be taken back.
    Locks the kind for this tenant until the transaction ends, so that of two who add the last one
    at the same moment one is refused; whoever adds nothing yet needs no ``lock``. Asks the
    database nothing where there is no limit.
    """
    if adding > 0 and (why := _hindrance(kind, adding, lock=lock, are_added=are_added)):
        raise LimitReached(why, code=f"limit_{kind}")


def hindrance(kind: str) -> str:
    """Why there cannot be one more of a kind, in words; empty where nothing is in the way.

    For pages that say so before anybody fills in a form; ``check`` has the last word. One query,
    where there is a limit.
    """
    return _hindrance(kind, 1, lock=False)


def hold_places(of: Iterable[type[models.Model]]) -> None:
    """Lock what the plan limits of these models until the transaction ends: whoever adds many rows
    does so before he locks anything else, as whoever adds one."""
    plan = plan_of_company()
    limited = plan.limits() if plan else {}
    for kind in sorted({getattr(model, "counted_as", "") for model in of}):
        if limited.get(kind) is not None:
            _lock(kind)


def _hindrance(kind: str, adding: int, *, lock: bool, are_added: bool = False) -> str:
    plan = plan_of_company()
    limit = plan.limits().get(kind) if plan else None
    if plan is None or limit is None:
        return ""
    if lock:
        _lock(kind)
    used: Callable[[str], int] = import_string(settings.TENANT_USE)
    already = used(kind) - (adding if are_added else 0)
    return _refusal(kind, plan.name, already, limit, adding) if already + adding > limit else ""


#: Whether rows are counted together by whoever writes them.
_counted: ContextVar[bool] = ContextVar("counted", default=False)


@contextmanager
def counted_together() -> Iterator[None]:
    """In the block, rows are cleaned one by one that ``check`` was asked about all at once."""
    token = _counted.set(True)
    try:
        yield
    finally:
        _counted.reset(token)


def check_new(instance: Any) -> None:
    """The same for one row, if it is not in the database yet. What its model is counted as stands
    in its ``counted_as``."""
    if instance._state.adding and not _counted.get():
        check(instance.counted_as)


@contextmanager
def held(instance: Any) -> Iterator[None]:
    """Save the new row in the block: what was checked is still true when it is written."""
    with transaction.atomic():
        check_new(instance)
        yield


class CountedQuerySet(models.QuerySet[Any]):
    """Of a model with ``counted_as``: many rows are held to the limit as single ones are."""

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Raises ``LimitReached`` before anything is written. Rows that came from the database
        are written again and not counted."""
        objs = list(objs)
        with transaction.atomic():
            check(self.model.counted_as, adding=sum(obj._state.adding for obj in objs))
            return super().bulk_create(objs, *args, **kwargs)


def _lock(kind: str) -> None:
    connection = tenants_connection()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"limit {connection.schema_name} {kind}"],
        )


def _refusal(kind: str, plan: str, used: int, limit: int, adding: int) -> str:
    words = {
        "plan": plan,
        "limit": _number(limit),
        "used": _number(used),
        "adding": _number(adding),
    }
    if kind == "storage":
        sizes = (limit, max(limit - used, 0), adding)
        words |= dict(zip(("limit", "free", "adding"), map(filesizeformat, sizes), strict=True))
        return (
            _(
                "The plan “%(plan)s” has room for %(limit)s of files. %(free)s are free, and this "
                "needs %(adding)s."
            )
            % words
        )
    sentence = _ALLOWED[kind](limit)
    if adding == 1:
        sentence += " " + _MAKE_ROOM[kind]()
    else:
        sentence += " " + _("This would add %(adding)s.")
    return sentence % words


_ALLOWED: dict[str, Callable[[int], str]] = {
    "users": lambda n: ngettext(
        "The plan “%(plan)s” allows %(limit)s user, and you have %(used)s.",
        "The plan “%(plan)s” allows %(limit)s users, and you have %(used)s.",
        n,
    ),
    "projects": lambda n: ngettext(
        "The plan “%(plan)s” allows %(limit)s project, and you have %(used)s.",
        "The plan “%(plan)s” allows %(limit)s projects, and you have %(used)s.",
        n,
    ),
    "tasks": lambda n: ngettext(
        "The plan “%(plan)s” allows %(limit)s task, and you have %(used)s.",
        "The plan “%(plan)s” allows %(limit)s tasks, and you have %(used)s.",
        n,
    ),
}
_MAKE_ROOM: dict[str, Callable[[], str]] = {
    "users": lambda: _("Deactivate somebody first, or ask for a larger plan."),
    "projects": lambda: _("Delete one first, or ask for a larger plan."),
    "tasks": lambda: _("Delete some first, or ask for a larger plan."),
}


def _number(number: int) -> str:
    return str(number_format(number, use_l10n=True, force_grouping=True))
