"""Which host name leads to a client."""

from __future__ import annotations

from tenants.models import Domain


def set_primary_domains(hosts: dict[int, str]) -> None:
    """Make each host name the primary one of its client, whose id is the key; a few queries.

    A host that the client has already becomes primary beside the old one; any other takes the
    place of the old one. Belongs in the caller's transaction, which holds the clients' rows.
    """
    domains = list(Domain.objects.filter(tenant_id__in=hosts).order_by("pk"))
    has = {(domain.tenant_id, domain.domain) for domain in domains}
    primary = {domain.tenant_id: domain for domain in domains if domain.is_primary}
    moved = {client for client, host in hosts.items() if (client, host) in has}
    # One primary domain for each client: the old one goes before the new one comes.
    Domain.objects.filter(pk__in=[primary[c].pk for c in moved if c in primary]).update(
        is_primary=False
    )
    promoted = [d.pk for d in domains if d.tenant_id in moved and d.domain == hosts[d.tenant_id]]
    Domain.objects.filter(pk__in=promoted).update(is_primary=True)
    renamed = [primary[client] for client in hosts if client in primary and client not in moved]
    for domain in renamed:
        domain.domain = hosts[domain.tenant_id]
    Domain.objects.bulk_update(renamed, ["domain"])
    Domain.objects.bulk_create(
        Domain(tenant_id=client, domain=host, is_primary=True)
        for client, host in hosts.items()
        if client not in moved and client not in primary
    )
