"""Tenants for a benchmark, made as any others are."""

from __future__ import annotations

from collections.abc import Callable

from tenants.models import Client, Feature, OperationKind, Plan
from tenants.operations.clients import create_client
from tenants.operations.platform import update_platform
from tenants.operations.request import request_operation
from tenants.operations.run import run_to_the_end


def make_tenants(count: int, say: Callable[[str], None]) -> list[Client]:
    """``bench_0`` and so on, at ``bench-0.localhost`` …, with a plan that has everything."""
    update_platform(report=say)
    plan = make_plan()
    clients = [make_tenant(number, plan) for number in range(count)]
    say(f"Made {count} tenants.")
    return clients


def make_plan() -> Plan:
    return Plan.objects.create(code="team", name="Team", features=[*Feature])


def make_tenant(number: int, plan: Plan) -> Client:
    client = create_client(
        schema_name=f"bench_{number}",
        name=f"Bench {number}",
        domain=f"bench-{number}.localhost",
        admin_name="Ada",
        admin_email="ada@example.com",
        plan=plan,
        acting_user=None,
    )
    run_to_the_end(
        request_operation(client, OperationKind.CREATE_SCHEMA, acting_user=None, queued=False)
    )
    client.refresh_from_db()
    return client
