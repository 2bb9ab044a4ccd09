"""The platform itself: `public`, and the row and domain that stand for the console."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from tenants.exceptions import ConsoleDomainTaken
from tenants.models import Client, Domain
from tenants.operations.staff_roles import keep_staff_roles
from tenants.operations.sync_roles import sync_roles
from tenants.operations.versions import record_unknown_versions
from tenants.schemas.inspect import schemas_of_clients
from tenants.schemas.locks import platform_lock
from tenants.schemas.migrate import Report
from tenants.schemas.provision import migrate_public
from tenants.schemas.template import ensure_template
from tenants.validators import PUBLIC_SCHEMA


def update_platform(*, report: Report) -> list[str]:
    """Bring ``public`` up to date, with the rights of every schema, the console's own client and
    domain, the groups of the staff's roles, and the template of new schemas.

    Can be run again at any time; of two that run at once, the second waits for the first. Runs
    as the owner for the schema. Returns the migrations that were applied, as ``app.name``.
    ``CONSOLE_DOMAIN`` names the domain; one that was used before stays, so that old addresses go
    on working. Raises ``ConsoleDomainTaken`` where a client has it.
    """
    with platform_lock(report=report):
        applied = migrate_public(report=report)
        for found in sync_roles(schemas_of_clients()):
            for line in found.mended + found.left:
                report(f"{found.schema}: {line}")
        _keep_the_console()
        keep_staff_roles(report=report)
        record_unknown_versions()
    ensure_template(report=report)
    return applied


def _keep_the_console() -> None:
    """The console's own client and its domain."""
    with transaction.atomic():
        taken = Domain.objects.filter(domain=settings.CONSOLE_DOMAIN).exclude(
            tenant__schema_name=PUBLIC_SCHEMA
        )
        if owner := taken.select_related("tenant").first():
            raise ConsoleDomainTaken(domain=settings.CONSOLE_DOMAIN, client=owner.tenant)
        console, _created = Client.objects.get_or_create(
            schema_name=PUBLIC_SCHEMA, defaults={"name": "Console"}
        )
        Domain.objects.update_or_create(
            domain=settings.CONSOLE_DOMAIN, defaults={"tenant": console, "is_primary": True}
        )
