"""Use against the limits of the plan, asked of the tenant's schema without waiting for it."""

from __future__ import annotations

import re
import time
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from django.utils.html import strip_tags
from django_tenants.utils import schema_context

from console import env
from console.accounts.models import User
from console.postgres.contexts import owner_rights
from tenant_data.models import Attachment, Project, Task
from tenants.models import Client, Limit
from tenants.operations import lifecycle
from tenants.schemas import ask as asking
from tenants.schemas.ask import ask
from tenants.use import Use, held_in_words, use_of
from tests.database import make_client
from tests.tenants.client_pages import change

MB = 1024 * 1024


@pytest.fixture
def busy(alpha: Client) -> Client:
    """Alpha with a project and nine tasks, of ten that its plan allows."""
    with schema_context("alpha"):
        project = Project.objects.create(key="WEB", name="Website")
        for number in range(9):
            Task.objects.create(project=project, title=f"Task {number}")
    alpha.plan.max_tasks = 10
    alpha.plan.save()
    return alpha


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE", "200ms")


def panel(browser: Any, client: Client) -> str:
    page = browser.get(change(client)).content.decode()
    found = re.search(r'<section[^>]*aria-labelledby="client-use">(.*?)</section>', page, re.DOTALL)
    assert found
    return " ".join(strip_tags(found[1]).split())


class TestWords:
    @pytest.mark.parametrize(
        ("kind", "used", "limit", "words", "level", "percent"),
        [
            (Limit.TASKS, 1240, 2000, "1,240 of 2,000", "fine", 62),
            (Limit.TASKS, 1799, 2000, "1,799 of 2,000", "fine", 89),
            (Limit.TASKS, 1800, 2000, "1,800 of 2,000", "high", 90),
            (Limit.USERS, 5, 5, "5 of 5", "full", 100),
            (Limit.USERS, 7, 5, "7 of 5", "full", 100),
            (Limit.USERS, 0, 0, "0 of 0", "full", 100),
            (Limit.USERS, 7, None, "7, no limit", "fine", 0),
            (Limit.STORAGE, 3 * MB, 10 * MB, "3.0\xa0MB of 10.0\xa0MB", "fine", 30),
        ],
    )
    def test_a_bar(
        self, kind: Limit, used: int, limit: int | None, words: str, level: str, percent: int
    ) -> None:
        bar = Use(kind, used, limit)
        assert (str(bar), bar.level, bar.percent) == (words, level, percent)

    def test_what_a_tenant_holds(self, busy: Client) -> None:
        assert held_in_words(busy) == "1 user, 1 project and 9 tasks"


class TestThePage:
    def test_shows_bars(self, browser: Any, busy: Client) -> None:
        text = panel(browser, busy)
        assert "Users 1, no limit" in text
        assert "Projects 1, no limit" in text
        assert "Tasks 9 of 10 nearly reached" in text
        assert "Storage 0 bytes, no limit" in text

    def test_shows_what_the_plan_switches_on(self, browser: Any, busy: Client) -> None:
        busy.plan.features = ["customers"]
        busy.plan.save()
        text = panel(browser, busy)
        assert "Customers: on" in text
        assert "Attachments: off" in text

    def test_counts_files(self, busy: Client, beta: Client) -> None:
        for schema, sizes in (("alpha", (100, 23)), ("beta", (1000,))):
            with schema_context(schema):
                project, _created = Project.objects.get_or_create(key="FILES", name="Files")
                task = Task.objects.create(project=project, title="t")
                for size in sizes:
                    Attachment.objects.create(task=task, file=f"{size}", name="f", size=size)
        (storage,) = [use for use in use_of(busy) or [] if use.kind == Limit.STORAGE]
        assert storage.used == 123

    def test_people_who_left_are_not_counted(self, busy: Client) -> None:
        with schema_context("alpha"):
            User.objects.create_user("gone@alpha.example", "pw", is_active=False)
        assert "1 user," in (held_in_words(busy) or "")

    @pytest.mark.parametrize("step", ["suspend", "archive"])
    def test_closed_clients_have_it_too(self, browser: Any, busy: Client, step: str) -> None:
        details = {"removal_on": timezone.localdate()} if step == "archive" else {}
        getattr(lifecycle, step)(busy, acting_user=None, **details)
        assert "Tasks 9 of 10" in panel(browser, busy)

    def test_a_client_without_a_schema_has_no_panel(self, browser: Any, db: None) -> None:
        page = browser.get(change(make_client("gamma", ready=False))).content.decode()
        assert 'id="client-use"' not in page
        assert 'id="client-admins"' not in page

    def test_the_console_has_none(self, browser: Any, db: None) -> None:
        page = browser.get(change(Client.objects.get(schema_name="public"))).content.decode()
        assert 'id="client-use"' not in page


class TestASchemaThatDoesNotAnswer:
    UNKNOWN = "Not known at the moment"

    def test_is_behind(self, browser: Any, alpha: Client) -> None:
        with owner_rights("alpha"), connection.cursor() as cursor:
            cursor.execute("DROP TABLE tenant_data_task CASCADE")
        assert self.UNKNOWN in panel(browser, alpha)
        assert use_of(alpha) is None

    def test_is_missing(self, browser: Any, alpha: Client) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA alpha CASCADE")
        assert self.UNKNOWN in panel(browser, alpha)
        page = browser.get(change(alpha)).content.decode()
        assert page.count(self.UNKNOWN) == 2  # The admins are not known either.

    def test_has_no_role(self, browser: Any, busy: Client) -> None:
        Client.objects.filter(pk=busy.pk).update(schema_name="never_made")
        assert self.UNKNOWN in panel(browser, busy)

    def test_is_slow(self, alpha: Client, impatient: None) -> None:
        def slow() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(20)")

        began = time.monotonic()
        assert ask("alpha", slow) is None
        assert time.monotonic() - began < 5

    @pytest.mark.django_db(transaction=False)
    def test_is_locked(self, alpha: Client, impatient: None) -> None:
        parts = {**(env.conninfo("owner") or {}), "dbname": connection.settings_dict["NAME"]}
        with psycopg.connect(**parts) as other, other.cursor() as cursor:
            cursor.execute("LOCK TABLE alpha.tenant_data_task IN ACCESS EXCLUSIVE MODE")
            assert use_of(alpha) is None
            other.rollback()
        assert use_of(alpha) is not None

    def test_leaves_the_connection_as_it_was(self, alpha: Client, impatient: None) -> None:
        assert ask("alpha", lambda: Task.objects.get(pk=0) if Task.objects.count() else 1) == 1
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("0",)
        assert connection.schema_name == "public"

    def test_nothing_that_is_written_is_kept(self, alpha: Client) -> None:
        ask("alpha", lambda: Project.objects.create(key="NO", name="No"))
        with schema_context("alpha"):
            assert not Project.objects.exists()
