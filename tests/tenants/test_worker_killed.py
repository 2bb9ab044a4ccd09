"""kill -9 of the worker, at ten points of making a schema and three of dropping one.

PostgreSQL holds the worker at the point (see ``gate``). Whatever is looked at from then on tells
the truth, each time: the schema is whole or it is not there, and the rows say which. The next
worker finishes the work.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from tenants.models import Client, OperationKind
from tenants.operations.drop import request_drop
from tenants.operations.lifecycle import archive
from tenants.operations.request import request_operation
from tests.database import make_client
from tests.processes import database, operation_of, until
from tests.tenants.gate import Gate, gate
from tests.tenants.workers import Workers, workers

pytestmark = pytest.mark.processes

#: Where a create is killed, and whether the row said “running” by then.
CREATE_POINTS = {
    "the job was fetched": False,
    "the row says running": True,
    "the schema is made": True,
    "the roles are made": True,
    "the first table": True,
    "a later table": True,
    "content types": True,
    "the rights": True,
    "the first admin": True,
    "the row is closed": True,
}
DROP_POINTS = ("the schema is dropped", "the files are to go", "the row is closed")

LOOK = """
SELECT o.state, o.attempts, c.status, c.provisioned_at IS NOT NULL AS made,
    (SELECT count(*) FROM pg_namespace WHERE nspname = c.schema_name) AS schemas,
    (SELECT count(*) FROM pg_roles
     WHERE starts_with(rolname, current_database() || ':' || c.schema_name || ':')) AS roles
FROM tenants_operation o JOIN tenants_client c ON c.id = o.client_id
WHERE c.schema_name = %s ORDER BY o.id DESC LIMIT 1
"""
NOTHING, WHOLE = (False, 0, 0), (True, 1, 2)


@pytest.fixture(scope="module")
def them(django_db_blocker: Any) -> Iterator[Workers]:
    """A worker on a database of its own; verbs that this process calls are for that database."""
    with django_db_blocker.unblock(), workers() as them, them.inside():
        them.start()
        yield them


@pytest.fixture(scope="module")
def the_gate(them: Workers) -> Iterator[Gate]:
    with gate(them.owner_url) as it:
        yield it


def look(them: Workers, schema: str) -> dict[str, Any]:
    """What one query sees of the client, its operation, the schema and the roles."""
    with database(them) as connection:
        row = connection.execute(LOOK, [schema]).fetchone()
    assert row is not None
    return {**row, "found": (row["made"], row["schemas"], row["roles"])}


def ends_truthfully(them: Workers, schema: str, expected: dict[str, Any]) -> None:
    """Wait until the operation is done; at every look the rows and the catalog must agree."""

    def is_done() -> bool:
        seen = look(them, schema)
        done = seen["state"] == "succeeded"
        assert seen["state"] in ("queued", "running", "succeeded")
        assert (seen["found"], seen["status"]) == expected["done" if done else "open"], seen
        return done

    until(is_done, what="the next worker finishes it")


def kill_at(them: Workers, the_gate: Gate, point: str, ask: Any) -> None:
    """Ask for an operation and kill the worker when it has come to the point."""
    with the_gate.shut(point):
        operation = ask()
        backends = the_gate.until_somebody_waits()
        them.kill()
    the_gate.until_gone(backends)
    # Half a minute later: a waiting operation is given a new job then.
    with database(them) as connection:
        connection.execute(
            "UPDATE tenants_operation SET created_at = created_at - interval '1 minute' "
            "WHERE id = %s",
            [operation.pk],
        )
    them.start()


@pytest.mark.parametrize("point", CREATE_POINTS)
def test_a_create_is_whole_or_not_there(them: Workers, the_gate: Gate, point: str) -> None:
    schema = f"killed{list(CREATE_POINTS).index(point)}"
    client = make_client(schema, ready=False)
    kill_at(
        them,
        the_gate,
        point,
        lambda: request_operation(client, OperationKind.CREATE_SCHEMA, acting_user=None),
    )
    ends_truthfully(them, schema, {"open": (NOTHING, "provisioning"), "done": (WHOLE, "active")})
    operation = operation_of(them, schema)
    said_so = "The worker stopped in the middle. Nothing was left half done." in operation["log"]
    assert said_so is CREATE_POINTS[point]
    assert operation["attempts"] == (2 if CREATE_POINTS[point] else 1)
    with database(them) as connection:
        admins = connection.execute(f"SELECT email FROM {schema}.accounts_user").fetchall()
        assert [admin["email"] for admin in admins] == [f"ada@{schema}.example"]


@pytest.mark.parametrize("point", DROP_POINTS)
def test_a_drop_is_whole_or_has_not_been(them: Workers, the_gate: Gate, point: str) -> None:
    schema = f"dropped{DROP_POINTS.index(point)}"
    client: Client = archive(make_client(schema), removal_on=timezone.localdate(), acting_user=None)
    file = them.data_dir / "media" / schema / "file.txt"
    file.parent.mkdir(parents=True)
    file.write_text("a file of the tenant")
    kill_at(
        them,
        the_gate,
        point,
        lambda: request_drop(client, typed_name=schema, acting_user=None),
    )
    ends_truthfully(them, schema, {"open": (WHOLE, "archived"), "done": (NOTHING, "archived")})
    media = them.data_dir / "media"
    until(lambda: not [*media.rglob(f"{schema}*")], what="the files are gone, those set aside too")
    assert operation_of(them, schema)["attempts"] == 2
