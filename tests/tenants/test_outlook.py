"""What a rollout would do is worked out once for those that lack the same."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations import operations as ops

from tenants.models import Client
from tenants.operations import outlook
from tenants.operations.outlook import look_ahead
from tenants.schemas.foreseen import Foreseen
from tenants.schemas.migrate import missing_migrations
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import make_behind


def test_of_several_groups_each_is_worked_out_once(
    alpha: Client, beta: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def foresee(schema: str) -> list[Foreseen]:
        asked.append(schema)
        return [Foreseen(name, ()) for name in missing_migrations([schema])[schema]]

    monkeypatch.setattr(outlook, "foresee", foresee)
    with more_migrations(ops.AddField("label", "code", models.TextField(null=True))):
        make_behind("beta")
        for _time in ("shown", "shown again"):
            found = look_ahead(Client.objects.provisioned().order_by("schema_name"))
            assert all(group.foreseen for group in found.groups)
    assert asked == ["alpha", "beta"]


def test_no_more_workers_are_counted_than_share_a_rollout(
    alpha: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.stats.workers", lambda: 50)
    assert look_ahead([alpha]).workers == 8
