"""Which migrations each client's schema has, as it is kept on the client's row."""

from __future__ import annotations

from functools import lru_cache

from tenants.models import Client, SchemaVersion
from tenants.schemas.migrate import applied_migrations, known_migrations


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


def record_unknown_versions() -> int:
    """Fill in what is kept of schemas that were made before it was; returns how many. Runs as
    the owner."""
    clients = list(Client.objects.provisioned().filter(schema_version=None))
    for client in clients:
        Client.objects.filter(pk=client.pk).update(schema_version=read_version(client))
    return len(clients)
