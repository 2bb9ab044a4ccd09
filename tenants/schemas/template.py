"""Making a schema by the SQL that its migrations come to.

A hidden schema is migrated as any was; what pg_dump says of it, with the name replaced, makes all
later ones. It is kept in ``public`` under the fingerprint of the migrations, so whoever has other
migrations has another. Before it is kept it is tried: what it makes must be, object by object and
row by row, what the migrations made.
"""

from __future__ import annotations

import logging

from django.db import DatabaseError, OperationalError, transaction
from psycopg.sql import SQL, Identifier

from console.postgres.contexts import owner_rights, tenants_connection
from tenants.models import SchemaTemplate
from tenants.models.schema_version import fingerprint_of
from tenants.schemas.dump import DumpFailed, dump
from tenants.schemas.hidden import TEMPLATE, new_name, remove_hidden
from tenants.schemas.inspect import definitions_of, form_of_objects, objects_of, rows_of
from tenants.schemas.locks import waiting_lock
from tenants.schemas.migrate import Report, known_migrations, migrate
from tenants.validators import PUBLIC_SCHEMA

logger = logging.getLogger(__name__)

#: Those of older code, which workers may still have while a new version is brought out.
KEPT = 3


def ensure_template(*, report: Report) -> bool:
    """Make the template for the code's migrations, unless it is there. Returns whether it is.

    Does nothing inside a transaction: the hidden schema is committed for pg_dump to see, and
    removed again; what a killed process left is removed too. Of two at once, the second waits.
    Runs as the owner. Where it cannot be made, the log says why, and schemas are made by their
    migrations.
    """
    if _current() is not None:
        return True
    if tenants_connection().in_atomic_block:
        return False
    with waiting_lock(TEMPLATE, report=report):
        if _current() is not None:
            return True
        remove_hidden(TEMPLATE)
        name = new_name(TEMPLATE)
        try:
            with transaction.atomic():
                with owner_rights(PUBLIC_SCHEMA), tenants_connection().cursor() as cursor:
                    cursor.execute(SQL("CREATE SCHEMA {}").format(Identifier(name)))
                migrate(name, report=lambda line: None)
            sql = dump(name)
            if wrong := _difference(name, sql):
                raise DumpFailed(f"It does not make the same schema: {wrong}.")
            catalog = definitions_of(name)
        except DumpFailed as exc:
            logger.warning("There is no template, so schemas are made by migrations: %s", exc)
            return False
        finally:
            remove_hidden(TEMPLATE)
        # The owner runs what is in the row, so nobody else may write it.
        with owner_rights(PUBLIC_SCHEMA):
            SchemaTemplate.objects.update_or_create(
                fingerprint=fingerprint_of(known_migrations()),
                defaults={
                    "placeholder": name,
                    "sql": sql,
                    "catalog": catalog,
                    "catalog_form": form_of_objects(),
                },
            )
            old = SchemaTemplate.objects.values_list("pk", flat=True)[KEPT:]
            SchemaTemplate.objects.filter(pk__in=list(old)).delete()
    return True


def fill_from_template(schema: str) -> bool:
    """Make all that belongs in the schema, which is there and empty, by the template.

    In the caller's transaction; runs as the owner. Returns whether it was done: not where there
    is no template, nor where the database does not understand it, which the log says.
    """
    template = _current()
    if template is None:
        return False
    try:
        with transaction.atomic():
            _fill(schema, template.sql, template.placeholder)
    except OperationalError:
        raise  # A lock, a lost connection: no fault of the template's.
    except DatabaseError as exc:
        logger.error("The template %s is broken: %s", template, str(exc).splitlines()[0])
        return False
    return True


def objects_of_template() -> dict[str, str] | None:
    """Every object that a schema with the code's migrations has, as ``definitions_of`` has it;
    ``None`` where there is no template."""
    template = _current()
    return None if template is None else template.catalog


def _current() -> SchemaTemplate | None:
    """One whose objects were written down in other words counts as none: it is made anew."""
    fingerprint, form = fingerprint_of(known_migrations()), form_of_objects()
    found = SchemaTemplate.objects.filter(fingerprint=fingerprint, catalog_form=form)
    return found.defer("catalog").first()


def _fill(schema: str, sql: str, placeholder: str) -> None:
    with owner_rights(schema), tenants_connection().cursor() as cursor:
        cursor.execute(sql.replace(placeholder, schema))


def _difference(name: str, sql: str) -> str:
    """What differs between the schema and another that the SQL makes; empty where nothing does."""
    trial = new_name(TEMPLATE)
    with transaction.atomic():
        with owner_rights(PUBLIC_SCHEMA), tenants_connection().cursor() as cursor:
            cursor.execute(SQL("CREATE SCHEMA {}").format(Identifier(trial)))
        _fill(trial, sql, name)
        made = objects_of(trial) | rows_of(trial)
        transaction.set_rollback(True)
    wanted = objects_of(name) | rows_of(name)
    wrong = sorted(key for key in wanted | made if wanted.get(key) != made.get(key))
    return ", ".join(wrong[:5])
