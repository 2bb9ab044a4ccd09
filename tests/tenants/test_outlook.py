"""What a rollout would do is worked out once for those that lack the same."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import call_command
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


def test_the_page_and_the_terminal_say_what_is_a_step_of_its_own(
    alpha: Client, browser: Any
) -> None:
    column = ops.AddField("label", "code", models.TextField(null=True))
    index = AddIndexConcurrently("label", models.Index("code", name="label_code"))
    out = StringIO()
    with more_migrations(column, index, each=True, alone=[1]):
        page = browser.get("/tenants/client/rollout/migrate_schema/?behind=1").content.decode()
        call_command("rollout", "plan", stdout=out)
        asked = browser.get(f"/tenants/client/{alpha.pk}/migrate-schema/").content.decode()
    for text in (page, out.getvalue()):
        assert text.count("A step of its own, outside any transaction") == 1
        assert "CREATE INDEX CONCURRENTLY" in text
        assert "Nobody has to wait for it" in text
    for text in (page, asked):
        assert "those that are done by then stay" in text
        assert "the data is as it was" not in text
