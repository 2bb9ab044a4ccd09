"""Which host names lead to which clients, for many of them at once."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from auditlog.context import disable_auditlog

from console.history.record import record_many
from tenants.models import Client, Domain

Change = tuple[Domain | None, Domain | None]


@dataclass(frozen=True)
class Hosts:
    """The host names that a client is to have. Where ``others`` is ``None``, it keeps those that
    it has: then a primary name that is new takes the place of the one before."""

    primary: str
    others: Collection[str] | None = None


def arrange_domains(wanted: Mapping[Client, Hosts]) -> None:
    """Give each client the host names that are wanted for it; a few queries for all of them.

    The names were checked: they are normalized, good, and nobody else's. Belongs in the caller's
    transaction, which holds the clients' rows; the history is written in it.
    """
    domains: dict[int, list[Domain]] = {client.pk: [] for client in wanted}
    for domain in Domain.objects.filter(tenant_id__in=domains).order_by("pk"):
        domains[domain.tenant_id].append(domain)
    added: list[Domain] = []
    changed: list[tuple[Domain, Domain]] = []
    deleted: list[Domain] = []
    for client, hosts in wanted.items():
        for domain in domains[client.pk]:
            domain.tenant = client  # The history asks whose it is.
        for before, after in _changes(client, hosts, domains[client.pk]):
            if before is None and after is not None:
                added.append(after)
            elif before is not None and after is None:
                deleted.append(before)
            elif before is not None and after is not None:
                changed.append((before, after))
    _write(added, changed, deleted)


def demote_primary_domains(clients: Collection[Client]) -> set[int]:
    """Take the primary mark off these clients' domains, and return which these were.

    The caller gives it to others in the same transaction.
    """
    by_id = {client.pk: client for client in clients}
    domains = list(Domain.objects.filter(tenant_id__in=by_id, is_primary=True))
    for domain in domains:
        domain.tenant = by_id[domain.tenant_id]
    _write([], [(one, _altered(one, one.domain, is_primary=False)) for one in domains], [])
    return {domain.pk for domain in domains}


def _changes(client: Client, hosts: Hosts, domains: list[Domain]) -> list[Change]:
    """What has to happen to one client's domains."""
    old = next((domain for domain in domains if domain.is_primary), None)
    if hosts.others is None:
        kept = {domain.domain for domain in domains if domain is not old}
        if old is not None and hosts.primary in kept:
            kept.add(old.domain)  # It becomes primary beside the old one.
    else:
        kept = set(hosts.others)
    names = kept | {hosts.primary}
    missing = names - {domain.domain for domain in domains}
    changes: list[Change] = []
    for domain in domains:
        name = domain.domain
        if name not in names and domain is old and hosts.primary in missing:
            name = hosts.primary  # Renamed, so that its history goes on.
            missing.discard(name)
        if name not in names:
            changes.append((domain, None))
            continue
        is_primary = name == hosts.primary
        if (name, is_primary) != (domain.domain, domain.is_primary):
            changes.append((domain, _altered(domain, name, is_primary=is_primary)))
    for name in sorted(missing):
        new = Domain(tenant=client, domain=name, is_primary=name == hosts.primary)
        changes.append((None, new))
    return changes


def _altered(domain: Domain, name: str, *, is_primary: bool) -> Domain:
    altered = copy.copy(domain)
    altered.domain, altered.is_primary = name, is_primary
    return altered


def _write(
    added: list[Domain], changed: list[tuple[Domain, Domain]], deleted: list[Domain]
) -> None:
    # The database allows one primary domain each at any moment: old ones go before new ones come.
    # What is deleted is written down first, for its key is gone after that.
    record_many((domain, None) for domain in deleted)
    with disable_auditlog():
        Domain.objects.filter(pk__in=[domain.pk for domain in deleted]).delete()
    fallen = [now.pk for before, now in changed if before.is_primary and not now.is_primary]
    Domain.objects.filter(pk__in=fallen).update(is_primary=False)
    Domain.objects.bulk_update([now for _before, now in changed], ["domain", "is_primary"])
    Domain.objects.bulk_create(added)
    record_many([*changed, *((None, domain) for domain in added)])
