"""What a rollout of migrations would do: to whom, by which statements, and for how long."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import Error, transaction

from tenants import stats
from tenants.models import Client, OperationKind, SchemaVersion
from tenants.operations.queue import sharers
from tenants.schemas.effects import Effect
from tenants.schemas.foreseen import Foreseen, foresee
from tenants.schemas.migrate import known_migrations, migrations_alone

logger = logging.getLogger(__name__)

#: So many clients of a group are asked until one's schema answers.
ASKED = 3
#: Of so many groups it is worked out what they would send; it takes up to a second for each.
GROUPS_LOOKED_AT = 5
#: Of so many it is remembered, so that the page can be shown again.
GROUPS_KEPT = 20


@dataclass(slots=True)
class Group:
    """Clients whose schemas lack the same."""

    #: As ``app.name``, sorted; ``None`` where it is not known what the schemas have.
    missing: list[str] | None
    clients: list[Client] = field(default_factory=list)
    #: In the order in which it would be done; ``None`` where it was not worked out.
    foreseen: list[Foreseen] | None = None

    @property
    def effect(self) -> Effect:
        """The heaviest of all."""
        return max((each.effect for each in self.foreseen or ()), default=Effect.NOTHING)


@dataclass(slots=True)
class Outlook:
    """The groups, the largest first, and how long all of it takes, going by the last ones."""

    groups: list[Group]
    #: With as many workers as there are; ``None`` where none was migrated here so far.
    takes: timedelta | None
    workers: int

    @property
    def count(self) -> int:
        return sum(len(group.clients) for group in self.groups)

    @property
    def is_in_parts(self) -> bool:
        """Whether some migrations are steps of their own, so that a failure does not take
        everything back."""
        return any(migrations_alone().intersection(group.missing or ()) for group in self.groups)


def look_ahead(clients: Iterable[Client]) -> Outlook:
    """What migrating these clients' schemas would do; changes nothing.

    A few queries for any number of clients, and some for each group.
    """
    found: dict[tuple[str, ...] | None, Group] = {}
    versions = SchemaVersion.objects.in_bulk()
    for client in clients:
        version = versions.get(client.schema_version_id)
        lacks = version and tuple(sorted(known_migrations().difference(version.migrations)))
        group = found.setdefault(lacks, Group(None if lacks is None else list(lacks)))
        group.clients.append(client)
    groups = sorted(found.values(), key=lambda group: -len(group.clients))
    for group in groups[:GROUPS_LOOKED_AT]:
        group.foreseen = _foreseen(group)
    workers = sharers()
    usual = stats.usual_duration(OperationKind.MIGRATE_SCHEMA)
    count = sum(len(group.clients) for group in groups)
    return Outlook(groups, usual * count / workers if usual is not None else None, workers)


#: What was worked out once in this process, by what is missing.
_kept: dict[tuple[str, ...], list[Foreseen]] = {}


def _foreseen(group: Group) -> list[Foreseen] | None:
    if group.missing == []:
        return []
    key = None if group.missing is None else tuple(group.missing)
    if key in _kept:
        return _kept[key]
    foreseen = next(_answers(group), None)
    if foreseen is not None and key is not None:
        _kept[key] = foreseen
        while len(_kept) > GROUPS_KEPT:
            del _kept[next(iter(_kept))]
    return foreseen


def _answers(group: Group) -> Iterator[list[Foreseen]]:
    """What some of its schemas lack; those that are gone, or not as their clients' rows say, are
    passed over."""
    for client in group.clients[:ASKED]:
        try:
            with transaction.atomic():
                found = foresee(client.schema_name)
        except Error as exc:
            why = str(exc).splitlines()[:1]
            logger.warning("It was not worked out what %s lacks: %s", client.schema_name, why)
            continue
        if group.missing is None or {each.migration for each in found} == set(group.missing):
            yield found
