"""The real worker: it runs what is asked for, once, and survives being killed."""

from __future__ import annotations

import pytest

from tests.launcher import RunningConsole
from tests.processes import (
    is_waiting_for_role,
    manage,
    operation_of,
    role_in_the_way,
    schema_state,
    until,
)

pytestmark = pytest.mark.processes

ASK = """
from tenants.models import Client, OperationKind, Plan
from tenants.operations.clients import create_client
from tenants.operations.request import request_operation
plan, _ = Plan.objects.get_or_create(code="team", defaults={"name": "Team"})
for name in "%s".split():
    client = create_client(schema_name=name, name=name, domain=name + ".localhost", plan=plan,
                           admin_name="Ada", admin_email="ada@example.com", acting_user=None)
    request_operation(client, OperationKind.CREATE_SCHEMA, acting_user=None)
"""

NOTHING, WHOLE = (False, False, False), (True, True, True)


def ask(console: RunningConsole, *schemas: str) -> None:
    """Add clients and ask for their schemas, as the button does."""
    manage(console, "shell", "-v0", "-c", ASK % " ".join(schemas))


def ends(console: RunningConsole, schema: str, state: str) -> bool:
    return operation_of(console, schema)["state"] == state


@pytest.mark.smoke
def test_runs_what_is_asked_for(console: RunningConsole) -> None:
    ask(console, "first", "second")
    for schema in ("first", "second"):
        until(lambda schema=schema: ends(console, schema, "succeeded"), what=schema)
        assert operation_of(console, schema)["attempts"] == 1
        assert schema_state(console, schema) == WHOLE


def test_a_killed_worker_leaves_nothing_half_done_and_the_next_one_finishes(
    console: RunningConsole,
) -> None:
    with role_in_the_way(console, "killed"):
        ask(console, "killed")
        until(lambda: is_waiting_for_role(console), what="the worker is in the middle")
        assert ends(console, "killed", "running")
        dead = console.kill_worker()
        console.worker_pid(other_than=dead)
    assert schema_state(console, "killed") in (NOTHING, WHOLE)
    until(lambda: ends(console, "killed", "succeeded"), what="it is tried again")
    operation = operation_of(console, "killed")
    assert operation["attempts"] == 2
    assert "The worker stopped in the middle. Nothing was left half done." in operation["log"]
    assert schema_state(console, "killed") == WHOLE


def test_while_it_runs_its_log_can_be_read(console: RunningConsole) -> None:
    with role_in_the_way(console, "watched"):
        ask(console, "watched")
        until(lambda: is_waiting_for_role(console), what="the worker is in the middle")
        operation = operation_of(console, "watched")
        assert operation["log"][-1] == "Making the schema and its roles."
        assert schema_state(console, "watched") == NOTHING
    until(lambda: ends(console, "watched", "succeeded"), what="it ends")


def test_two_workers_do_not_meet_on_one_schema(console: RunningConsole) -> None:
    """A command that works on the schema while the worker does is refused, and loses nothing."""
    with role_in_the_way(console, "contested"):
        ask(console, "contested")
        until(lambda: is_waiting_for_role(console), what="the worker is in the middle")
        code = (
            "from tenants.models import Operation, OperationState as S\n"
            "from tenants.operations.run import run_operation\n"
            "o = Operation.objects.get(client__schema_name='contested')\n"
            "Operation.objects.filter(pk=o.pk).update(state=S.QUEUED)\n"
            "try: run_operation(o.pk)\n"
            "except Exception as e: print(type(e).__name__)\n"
            "Operation.objects.filter(pk=o.pk).update(state=S.RUNNING)\n"
        )
        assert "SchemaBusy" in manage(console, "shell", "-v0", "-c", code)
    until(lambda: ends(console, "contested", "succeeded"), what="the worker finishes")
    assert operation_of(console, "contested")["attempts"] == 1
