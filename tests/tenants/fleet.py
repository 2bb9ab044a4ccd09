"""What the tests of the fleet share: a check, and schemas that are not as they should be."""

from __future__ import annotations

from typing import Any

from django.db import connection
from psycopg.sql import SQL, Identifier

from console.postgres.contexts import owner_rights
from tenants.models import CheckReason, FleetCheck, SchemaFinding
from tenants.operations.fleet_check import verify_fleet
from tenants.schemas.provision import create_any_schema


def quiet(*args: Any, **kwargs: Any) -> None:
    """Reports to nobody."""


def check() -> FleetCheck:
    return verify_fleet(reason=CheckReason.COMMAND, report=quiet)


def found() -> dict[str, str]:
    """What stands of the last check, by the schema's name."""
    return dict(SchemaFinding.objects.standing().values_list("schema_name", "kind"))


def differences(schema: str = "alpha") -> dict[str, tuple[str, str]]:
    """What differs in the schema, by the last check: as expected, and as found."""
    [finding] = SchemaFinding.objects.filter(schema_name=schema)
    assert finding.difference_count == len(finding.differences)
    return {row["object"]: (row["expected"], row["found"]) for row in finding.differences}


def as_owner(statement: str) -> None:
    with owner_rights("public"), connection.cursor() as cursor:
        # What the test's own transaction has still to check would hinder a change of the table.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)


def lose(schema: str) -> None:
    """Drop a schema behind the console's back."""
    as_owner(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)).as_string())


def make_orphan(schema: str = "lost") -> str:
    """A schema as any tenant's, which no client has."""
    create_any_schema(schema, report=quiet)
    return schema
