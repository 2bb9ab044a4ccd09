"""What the database refuses to a process that logged in as web, whatever its code does.

Every model there is, in each direction, by SQL and through the ORM; and DDL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.apps.registry import Apps
from django.db import ProgrammingError, connection, models, transaction
from django.db.models import F
from django_tenants.utils import schema_context
from psycopg import errors

from console.postgres.contexts import owner_rights, platform_context
from console.postgres.exceptions import OwnerRightsRefused
from tenants.schemas.migrate import app_configs

pytestmark = [pytest.mark.smoke, pytest.mark.usefixtures("web_login")]

DIRECTIONS = [("alpha", "beta"), ("alpha", "public"), ("public", "alpha")]


def tables_of(schema: str) -> list[type[models.Model]]:
    """The models whose tables are in the schema, those that Django makes for relations too."""
    found = []
    for config in app_configs(schema):
        found += [m for m in config.get_models(include_auto_created=True) if not m._meta.proxy]
    return sorted(found, key=lambda model: model._meta.label)


CASES = [
    pytest.param(here, there, model, id=f"{here}-to-{there}-{model._meta.label}")
    for here, there in DIRECTIONS
    for model in tables_of(there)
]


@contextmanager
def denied() -> Iterator[None]:
    """The block must be refused by PostgreSQL for want of a right."""
    with (
        pytest.raises(ProgrammingError, match="permission denied") as refusal,
        transaction.atomic(),
    ):
        yield
    assert isinstance(refusal.value.__cause__, errors.InsufficientPrivilege)


def model_of(schema: str, model: type[models.Model]) -> type[models.Model]:
    """A model of the same table in another schema, as a mistake in the code might make one.

    It has the primary key alone, and a registry of its own: nothing else learns of it.
    """
    key = model._meta.pk
    meta = type(
        "Meta",
        (),
        {
            "app_label": "tests",
            "apps": Apps(),
            "db_table": f'{schema}"."{model._meta.db_table}',
            "managed": False,
        },
    )
    options = {"primary_key": True, "db_column": key.column}
    if isinstance(key, models.CharField):
        field: models.Field[Any, Any] = models.CharField(max_length=40, **options)
    else:
        field = models.BigIntegerField(**options)
    fields = {"__module__": __name__, "Meta": meta, key.name: field}
    return type(model.__name__, (models.Model,), fields)


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_every_model_is_on_one_side_or_both() -> None:
    covered = {model for _here, there in DIRECTIONS for model in tables_of(there)}
    assert covered == set(apps.get_models(include_auto_created=True))


@pytest.mark.parametrize(("here", "there", "model"), CASES)
def test_sql_across_a_boundary_is_denied(here: str, there: str, model: Any) -> None:
    table = f'"{there}"."{model._meta.db_table}"'
    column = f'"{model._meta.pk.column}"'
    with schema_context(here):
        for statement in (
            f"SELECT * FROM {table}",
            f"INSERT INTO {table} DEFAULT VALUES",
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"ALTER TABLE {table} ADD COLUMN taken integer",
            f"DROP TABLE {table}",
        ):
            if statement.startswith(("ALTER", "DROP")):
                # PostgreSQL says “must be owner” where it lets the name be seen at all.
                with pytest.raises(ProgrammingError) as refusal, transaction.atomic():
                    execute(statement)
                assert isinstance(refusal.value.__cause__, errors.InsufficientPrivilege)
            else:
                with denied():
                    execute(statement)


@pytest.mark.parametrize(("here", "there", "model"), CASES)
def test_the_orm_across_a_boundary_is_denied(here: str, there: str, model: Any) -> None:
    foreign = model_of(there, model)
    key = foreign._meta.pk.name
    with schema_context(here):
        with denied():
            foreign.objects.first()
        with denied():
            foreign.objects.create(pk=1)
        with denied():
            foreign.objects.update(**{key: F(key)})
        with denied():
            foreign.objects.filter(pk=1).delete()


@pytest.mark.parametrize("schema", ["alpha", "public"])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE loot (id integer)",
        "CREATE TEMPORARY TABLE loot (id integer)",
        "CREATE SCHEMA loot",
        "CREATE ROLE loot",
        "CREATE FUNCTION loot() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE EXTENSION vector",
        "ALTER TABLE accounts_user ADD COLUMN loot integer",
        "DROP TABLE accounts_user",
        "DROP SCHEMA beta CASCADE",
        "TRUNCATE accounts_user",
        "SET ROLE console_owner",
        "SET SESSION AUTHORIZATION console_owner",
    ],
)
def test_ddl_is_denied(schema: str, statement: str) -> None:
    with (
        schema_context(schema),
        pytest.raises(ProgrammingError) as refusal,
        transaction.atomic(),
    ):
        execute(statement)
    assert isinstance(refusal.value.__cause__, errors.InsufficientPrivilege)


def test_a_tenant_does_its_own_work() -> None:
    """The refusals above are worth something only if the same login can do this."""
    user = apps.get_model("accounts.User")
    with schema_context("alpha"), transaction.atomic():
        created = user.objects.create_user("temporary@alpha.example")
        assert user.objects.filter(pk=created.pk).update(name="T") == 1
        assert created.delete()[0] == 1


def test_a_tenant_cannot_rewrite_its_record_of_migrations() -> None:
    with schema_context("alpha"), denied():
        execute("DELETE FROM django_migrations")


def test_web_cannot_enter_owner_rights() -> None:
    with pytest.raises(OwnerRightsRefused), owner_rights():
        pytest.fail("entered")


def test_platform_context_reaches_public_and_comes_back() -> None:
    client = apps.get_model("tenants.Client")
    with schema_context("alpha"):
        with platform_context():
            assert client.objects.filter(schema_name="alpha").exists()
        with denied():
            model_of("public", client).objects.first()


def test_the_platform_is_left_even_when_the_block_fails() -> None:
    with schema_context("alpha"):
        with pytest.raises(ZeroDivisionError), platform_context():
            _ = 1 / 0
        assert connection.schema_name == "alpha"


def test_a_reader_reads_and_does_not_write() -> None:
    """The role for support access: sees everything, changes nothing but its own session."""
    user = apps.get_model("accounts.User")
    connection.access = "ro"
    with schema_context("alpha"):
        assert user.objects.exists()
        with denied():
            user.objects.update(name="changed")
        execute("DELETE FROM django_session WHERE false")
