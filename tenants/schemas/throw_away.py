"""Schemas as any tenant's, for a trial, that are removed again."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from console.postgres.contexts import tenants_connection
from tenants.models import Client
from tenants.schemas import files
from tenants.schemas.drop import drop_schema
from tenants.schemas.locks import schema_lock
from tenants.schemas.provision import create_schema

#: What their names begin with; a client may have such a name too, and keeps its schema.
PREFIX = "trial_"
_LOCK = "trials of the doctor"


@contextmanager
def thrown_away(count: int) -> Iterator[list[str]]:
    """So many schemas, for the length of the block; no client has them.

    They are committed, as others have to see them. What a killed process left of an earlier trial
    is removed first. Runs as the owner. Raises ``SchemaBusy`` where another trial is going on.
    """
    with schema_lock(_LOCK):
        remove_trials()
        names = [f"{PREFIX}{secrets.token_hex(6)}" for _number in range(count)]
        try:
            for name in names:
                create_schema(name, report=lambda *args, **kwargs: None)
            yield names
        finally:
            remove_trials()


def remove_trials() -> list[str]:
    """Drop every schema of a trial, with its roles and files; returns their names."""
    removed = trials()
    for schema in removed:
        with transaction.atomic():
            drop_schema(schema, report=lambda *args, **kwargs: None)
        for folder in files.folders_of(schema):
            shutil.rmtree(folder, ignore_errors=True)
    return removed


def trials() -> list[str]:
    """The schemas of trials that the database has; never one that is a client's."""
    with tenants_connection().cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname ~ %s ORDER BY nspname",
            [f"^{PREFIX}[0-9a-f]{{12}}$"],
        )
        names = [name for (name,) in cursor.fetchall()]
    taken = Client.objects.filter(schema_name__in=names).values_list("schema_name", flat=True)
    return sorted(set(names) - set(taken))
