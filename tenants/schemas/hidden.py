"""Schemas that are no client's: made for a moment, and removed again."""

from __future__ import annotations

import secrets
import shutil

from django.db import transaction

from console.postgres.contexts import tenants_connection
from tenants.schemas import files
from tenants.schemas.drop import drop_any_schema

#: What their names begin with, which no client's can: a doctor's trial, and what a template is
#: taken from.
DOCTOR, TEMPLATE = "doctor", "template"


def new_name(kind: str) -> str:
    return f"{kind}_{secrets.token_hex(6)}"


def hidden_schemas(*kinds: str) -> list[str]:
    """Those of these kinds that the database has, or of all."""
    wanted = "|".join(kinds or (DOCTOR, TEMPLATE))
    with tenants_connection().cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname ~ %s ORDER BY nspname",
            [f"^({wanted})_[0-9a-f]{{12}}$"],
        )
        return [name for (name,) in cursor.fetchall()]


def remove_hidden(kind: str) -> None:
    """Drop every schema of the kind, with its roles and files, each in a transaction of its own.

    Whoever makes schemas of the kind holds a lock: what is found under it was left behind. Runs
    as the owner.
    """
    for schema in hidden_schemas(kind):
        with transaction.atomic():
            drop_any_schema(schema, report=lambda *args, **kwargs: None)
        for folder in files.folders_of(schema):
            shutil.rmtree(folder, ignore_errors=True)
