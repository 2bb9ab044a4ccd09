"""Clients and domains that lead nowhere; 421 to 439."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db.models import Q

from console.checks.asking import NAMED, some
from console.checks.hosts import is_allowed, what_is_wrong
from tenants.models import Client, Domain
from tenants.validators import PUBLIC_SCHEMA

#: What no bare host name has; the reason is found for those few.
_ODD = (
    Q(domain__regex=r"[^a-z0-9.-]")
    | Q(domain__regex=r"(^|\.)[0-9]+$")
    | Q(domain__regex=r"(^|\.)0x[0-9a-f]*$")
    | Q(domain__startswith="www.")
)


def that_lead_nowhere() -> Iterator[CheckMessage]:
    yield from _the_consoles()
    yield from _odd_domains()
    yield from _refused_domains()


def _the_consoles() -> Iterator[CheckMessage]:
    if not Client.objects.filter(schema_name=PUBLIC_SCHEMA).exists():
        yield Error(
            "No client stands for the console itself (schema name “public”): no host leads to the "
            "staff's pages.",
            hint="Run “manage.py prepare”.",
            id="console.E421",
        )
        return
    host = settings.CONSOLE_DOMAIN
    owner = Domain.objects.filter(domain=host).values_list("tenant__schema_name", flat=True).first()
    if owner is None:
        yield Error(
            f"No domain leads from CONSOLE_DOMAIN, “{host}”, to the staff's pages.",
            hint="Run “manage.py prepare”: it adds the domain to the console's own client.",
            id="console.E422",
        )
    elif owner != PUBLIC_SCHEMA:
        yield Error(
            f"CONSOLE_DOMAIN, “{host}”, leads to the client “{owner}”, not to the staff's pages.",
            hint="Give that client another domain, then run “manage.py prepare”.",
            id="console.E422",
        )


def _odd_domains() -> Iterator[CheckMessage]:
    """Forms and imports take none; SQL and ``bulk_create`` do."""
    odd = Domain.objects.filter(_ODD).order_by("domain").values_list("domain", flat=True)
    for host in odd[:NAMED]:
        if reason := what_is_wrong(host):
            yield Error(
                f"The domain “{host}” leads nowhere: it is no bare host name. {reason}",
                hint="Change it under “Domains”, to a name without scheme, port and capitals.",
                id="console.E423",
            )


def _refused_domains() -> Iterator[CheckMessage]:
    if "*" in settings.ALLOWED_HOSTS:
        return
    hosts = Domain.objects.order_by("domain").values_list("domain", flat=True)
    if refused := [host for host in hosts.iterator() if not is_allowed(host)]:
        yield Error(
            f"ALLOWED_HOSTS refuses domains of clients: {some(refused)}.",
            hint="Leave it at ['*']: TenantMiddleware answers 404 to every host of nobody.",
            id="console.E424",
        )
