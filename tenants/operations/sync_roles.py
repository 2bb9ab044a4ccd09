"""The roles and rights of all schemas, kept as they should be."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

from tenants.exceptions import SchemaBusy
from tenants.models import Client
from tenants.schemas.locks import platform_lock, schema_lock
from tenants.schemas.rights import RightsReport, sync_rights
from tenants.validators import PUBLIC_SCHEMA

logger = logging.getLogger(__name__)


def sync_roles(
    schemas: list[str] | None = None, *, dry_run: bool = False
) -> Iterator[RightsReport]:
    """Give the roles of each schema what they should have and nothing else; a report for each.

    Without ``schemas``, of ``public`` and of every tenant that has one. Can be run again at any
    time; runs as the owner, each schema in a transaction of its own and under its lock. A schema
    that other work is being done on is left as it is, and its report says so. With ``dry_run``
    nothing is changed and nothing is held.
    """
    for schema in [PUBLIC_SCHEMA, *tenants_schemas()] if schemas is None else schemas:
        try:
            with nullcontext() if dry_run else _lock(schema):
                yield sync_rights(schema, dry_run=dry_run)
        except SchemaBusy as exc:
            yield RightsReport(schema, left=[str(exc)])


def _lock(schema: str) -> AbstractContextManager[None]:
    if schema == PUBLIC_SCHEMA:
        return platform_lock(report=logger.info)
    return schema_lock(schema)


def tenants_schemas() -> list[str]:
    """The schemas that the database has for clients, by name."""
    clients = Client.objects.with_schema_exists().filter(schema_exists=True)
    names = clients.exclude(schema_name=PUBLIC_SCHEMA).order_by("schema_name")
    return list(names.values_list("schema_name", flat=True))
