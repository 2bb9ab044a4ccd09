"""The ways to run as somebody else, and there are no others.

``owner_rights()`` is the one way to DDL. ``platform_context()`` is the one way from a tenant's
request to ``public``. From ``public`` into a tenant leads django-tenants' ``schema_context()``. All
work on the connection that is there, inside its transaction if it has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.db import connections
from django_tenants.utils import get_tenant_database_alias, schema_context

from console.postgres.backend.base import DatabaseWrapper


def tenants_connection() -> DatabaseWrapper:
    """This thread's connection to the database that holds the schemas."""
    return cast(DatabaseWrapper, connections[get_tenant_database_alias()])


@contextmanager
def owner_rights(schema: str | None = None) -> Iterator[None]:
    """Run the block as the owner of the database: in ``schema``, or where the connection is.

    Raises ``OwnerRightsRefused`` in a process that logs in to the database as web.
    """
    with tenants_connection().owner_rights():
        if schema is None:
            yield
            return
        with schema_context(schema):
            yield


@contextmanager
def platform_context() -> Iterator[None]:
    """From a tenant's request, run the block in ``public`` as the web role, then come back.

    For the few things that a tenant has to ask of the platform, such as a place in the queue.
    Inside a transaction, what the block writes is committed or rolled back with the tenant's.
    """
    connection = tenants_connection()
    tenant = connection.tenant
    connection.set_schema_to_public()
    try:
        yield
    finally:
        connection.set_tenant(tenant)
