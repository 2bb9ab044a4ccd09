"""A schema that the template makes is, object by object and row by row, what migrations make."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from psycopg.sql import SQL, Identifier

from console.postgres.contexts import owner_rights
from tenants.models import SchemaTemplate
from tenants.schemas import template
from tenants.schemas.inspect import objects_of, rows_of
from tenants.schemas.migrate import applied_migrations, known_migrations, migrate
from tenants.schemas.provision import create_any_schema
from tenants.schemas.rights import sync_rights

pytestmark = pytest.mark.usefixtures("alpha")


def quiet(*args: Any, **kwargs: Any) -> None:
    """Reports to nobody."""


def test_it_is_there_before_the_first_client_is() -> None:
    (kept,) = SchemaTemplate.objects.all()
    assert len(kept.sql) > 10_000
    assert template.ensure_template(report=quiet)


def test_it_makes_what_the_migrations_make() -> None:
    create_any_schema("by_template", report=quiet)
    with owner_rights("public"), connection.cursor() as cursor:
        cursor.execute(SQL("CREATE SCHEMA {}").format(Identifier("by_migrations")))
    migrate("by_migrations", report=quiet)
    objects = objects_of("by_template")
    assert len(objects) > 300
    assert objects == objects_of("by_migrations")
    one, other = rows_of("by_template"), rows_of("by_migrations")
    # The moments at which the migrations were applied differ.
    assert {name for name in one if one[name] != other.get(name)} == {"rows django_migrations"}
    assert applied_migrations("by_template") >= known_migrations()


def test_what_it_makes_has_its_rights() -> None:
    create_any_schema("by_template", report=quiet)
    report = sync_rights("by_template", dry_run=True)
    assert (report.mended, report.left) == ([], [])


def test_one_that_is_broken_is_passed_over_and_said(caplog: pytest.LogCaptureFixture) -> None:
    with owner_rights("public"):
        SchemaTemplate.objects.update(sql="CREATE TABLE nonsense (id int")
    create_any_schema("by_migrations", report=quiet)
    assert applied_migrations("by_migrations") >= known_migrations()
    assert "is broken" in caplog.text
