"""Which migrations each client's schema has, as it is kept on the client's row."""

from __future__ import annotations

from functools import lru_cache

from tenants.models import Client, SchemaVersion
from tenants.models.client import ClientQuerySet
from tenants.schemas.migrate import applied_migrations, known_migrations, migrations_alone


def read_version(client: Client) -> SchemaVersion:
    """The version that the schema's own record gives now; runs as the owner."""
    return SchemaVersion.objects.of(applied_migrations(client.schema_name) & known_migrations())


def is_behind(client: Client) -> bool:
    """Whether the schema, by what is kept of it, lacks migrations that the code has.

    Where nothing is kept, it does not. Takes no query but one for each version, once per process.
    """
    version = client.schema_version_id
    return version is not None and _is_version_behind(version)


@lru_cache(maxsize=1024)
def _is_version_behind(key: int) -> bool:
    # A version is never changed, nor is the code while a process lives: this stays as it is. A
    # schema that is migrated gets another version.
    version = SchemaVersion.objects.only("migrations").get(pk=key)
    return not known_migrations() <= set(version.migrations)


def is_brought_in_parts(client: Client) -> bool:
    """Whether the schema, by what is kept of it, lacks a migration that is a step of its own, so
    that a failure does not take everything back. Takes queries as ``is_behind`` does."""
    version = client.schema_version_id
    return version is not None and bool(migrations_alone()) and _lacks_alone(version)


@lru_cache(maxsize=1024)
def _lacks_alone(key: int) -> bool:
    version = SchemaVersion.objects.only("migrations").get(pk=key)
    return not migrations_alone() <= set(version.migrations)


def behind(clients: ClientQuerySet) -> ClientQuerySet:
    """Those whose schemas, by what is kept of them, lack migrations that the code has; and those
    of which nothing is kept."""
    known = sorted(known_migrations())
    current = SchemaVersion.objects.filter(migrations__contains=known)
    return clients.exclude(schema_version__in=current)


def record_versions(clients: ClientQuerySet) -> int:
    """Read each schema's own record and keep what it says; returns for how many that was news.
    Runs as the owner."""
    changed = 0
    for client in clients.only("schema_name", "schema_version"):
        version = read_version(client)
        if version.pk != client.schema_version_id:
            Client.objects.filter(pk=client.pk).update(schema_version=version)
            changed += 1
    return changed


def record_unknown_versions() -> int:
    """Fill in what is kept of schemas that were made before it was; returns how many. Runs as
    the owner."""
    return record_versions(Client.objects.provisioned().filter(schema_version=None))
