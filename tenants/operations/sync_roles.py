"""The roles and rights of all schemas, kept as they should be."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

from django.db import DatabaseError

from tenants.exceptions import SchemaBusy
from tenants.schemas.inspect import schema_exists, schemas_of_clients
from tenants.schemas.locks import platform_lock, schema_lock
from tenants.schemas.rights import RightsReport, drop_left_over_roles, sync_rights
from tenants.validators import PUBLIC_SCHEMA

logger = logging.getLogger(__name__)


def sync_roles(
    schemas: list[str] | None = None, *, dry_run: bool = False
) -> Iterator[RightsReport]:
    """Give the roles of each schema what they should have and nothing else; a report for each.

    Without ``schemas``, of ``public`` first and then of every tenant that has one, and roles
    without a schema are dropped. Can be run again at any time; runs as the owner, each schema in a
    transaction of its own and under its lock. A schema that other work is being done on is left
    as it is, and its report says so; one that is dropped meanwhile has none. With ``dry_run``
    nothing is changed and nothing is held.
    """
    if schemas is not None:
        yield from _each(schemas, dry_run)
        return
    yield from _each([PUBLIC_SCHEMA], dry_run)
    yield from _each(schemas_of_clients(), dry_run)
    yield from drop_left_over_roles(dry_run=dry_run)


def _each(schemas: list[str], dry_run: bool) -> Iterator[RightsReport]:
    for schema in schemas:
        try:
            with nullcontext() if dry_run else _lock(schema):
                report = sync_rights(schema, dry_run=dry_run)
        except SchemaBusy as exc:
            report = RightsReport(schema, left=[str(exc)])
        except DatabaseError:
            if schema_exists(schema):
                raise
            continue
        # Not under the lock: whoever reads the reports may take their time.
        yield report


def _lock(schema: str) -> AbstractContextManager[None]:
    if schema == PUBLIC_SCHEMA:
        return platform_lock(report=logger.info)
    return schema_lock(schema)
