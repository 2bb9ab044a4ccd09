"""Large files: a job checks and imports them, and leaves nothing half done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django_tenants.utils import schema_context
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from console.accounts.models import User
from console.history.models import LogEntry
from console.importing import keeping, progress, working
from tenant_data.models import Task
from tenants.exceptions import SchemaBusy
from tenants.models import Client, Plan
from tests.console.test_importing_kept import MIXED, rows_of
from tests.console.test_importing_pages import confirm, kept, said, tasks, upload
from tests.tenants.operating import TAKE, key_of

MANY = "\n".join(["reference,title", *(f"WEB-{n},Task {n}" for n in range(1, 2501))]).encode()


@pytest.fixture(autouse=True)
def _nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "SMALL", 0)
    monkeypatch.setattr(progress, "EVERY", 0)


@pytest.fixture
def web(tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> Any:
    return tenant_browser(alpha, owner)


def jobs(task: str = "work") -> list[ProcrastinateJob]:
    return list(ProcrastinateJob.objects.filter(task_name=f"importing.{task}").order_by("pk"))


def work() -> None:
    """Run what waits as the worker does, each job once."""
    for job in jobs("take_up") + jobs():
        if job.status == "todo":
            ProcrastinateJob.objects.filter(pk=job.pk).update(status="succeeded")
            app.tasks[job.task_name].func(**job.args)
            connection.set_schema_to_public()


def again(browser: Any, page: Any) -> Any:
    return browser.get(page.request["PATH_INFO"])


def waiting(browser: Any, content: bytes = MANY) -> Any:
    """The page of a file whose preview was confirmed, before the worker had it."""
    page = upload(browser, content)
    work()
    return confirm(browser, again(browser, page))


class TestWorking:
    def test_checks_the_file_and_imports_it(self, web: Any, owner: User) -> None:
        page = upload(web, MANY)
        (job,) = jobs()
        assert job.args == {"schema": "alpha", "import_id": kept().pk}
        assert (job.queue_name, job.status, job.lock) == ("imports", "todo", None)
        assert page.context["import"].state == "uploaded"
        assert "hx-get" in page.content.decode()
        work()
        page = again(web, page)
        assert "Import 2,500 rows" in page.content.decode()
        page = confirm(web, page)
        assert page.context["import"].state == "waiting"
        assert tasks() == []
        work()
        assert "was imported" in again(web, page).content.decode()
        assert (kept().state, kept().new, kept().attempts) == ("done", 2500, 1)
        with schema_context("alpha"):
            assert Task.objects.count() == 2500
            entries = LogEntry.objects.filter(cid=kept().cid)
            assert entries.count() == 2501
            assert set(entries.values_list("actor_email", flat=True)) == {owner.email}

    def test_tells_while_it_goes_on(self, web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        page = waiting(web)
        seen: list[Any] = []
        note = progress._note

        def look(*args: Any, **values: Any) -> bool:
            stop = note(*args, **values)
            if kept().state == "running":
                seen.append(web.get(page.context["live_url"]).context["share"])
                connection.set_schema("alpha")
            return stop

        monkeypatch.setattr(progress, "_note", look)
        work()
        assert seen == sorted(seen)
        assert any(0 < share < 100 for share in seen)

    def test_has_the_good_rows_alone_where_that_was_chosen(self, web: Any) -> None:
        page = waiting(web, MIXED)
        work()
        assert tasks() == ["WEB-1 =1+1", "WEB-3 Third"]
        rows = rows_of(web.get(page.context["faulty_url"]))[1:]
        assert [row.partition(";")[0] for row in rows] == ["WEB-2", "WEB-4"]

    def test_twice_does_it_once(self, web: Any) -> None:
        waiting(web)
        working.work("alpha", kept().pk)
        working.work("alpha", kept().pk)
        assert (kept().state, kept().attempts) == ("done", 1)

    def test_waits_for_whoever_works_on_the_schema(self, web: Any, second: Any) -> None:
        waiting(web)
        second.execute(TAKE, [key_of("alpha")])
        with pytest.raises(SchemaBusy):
            working.work("alpha", kept().pk)
        assert (kept().state, kept().attempts) == ("waiting", 0)

    @pytest.mark.parametrize("lost", ["right", "account", "sign in"])
    def test_asks_again_whether_it_may(
        self, web: Any, owner: User, lost: str, imports_folder: Path
    ) -> None:
        waiting(web)
        with schema_context("alpha"):
            if lost == "right":
                owner.groups.clear()
            elif lost == "account":
                owner.delete()
            else:
                User.objects.filter(pk=owner.pk).update(is_active=False)
        work()
        assert (kept().state, tasks()) == ("failed", [])
        assert "You may not import this" in kept().error
        assert kept().requested_by_email == owner.email
        assert not list((imports_folder / "alpha").iterdir())

    def test_that_is_refused_says_why(self, web: Any) -> None:
        page = upload(web, b"%PDF-1.7\n")
        work()
        assert "neither a CSV" in again(web, page).content.decode()
        assert kept().state == "failed"

    def test_that_meets_changed_data_asks_again(self, web: Any, alpha: Client) -> None:
        content = b"reference,title,assignee\nWEB-1,First,ada@x.example\nWEB-2,Second,\n"
        with schema_context("alpha"):
            User.objects.create_user("ada@x.example")
        page = waiting(web, content)
        with schema_context("alpha"):
            User.objects.filter(email="ada@x.example").delete()
        work()
        assert "The data has changed" in again(web, page).content.decode()
        assert (kept().state, kept().in_error, tasks()) == ("ready", 1, [])

    def test_that_goes_beyond_the_plan_fails_whole(self, web: Any, alpha: Client) -> None:
        waiting(web)
        Plan.objects.filter(pk=alpha.plan_id).update(max_tasks=10)
        work()
        assert (kept().state, tasks()) == ("failed", [])

    def test_of_the_staff_is_done_in_public(self, browser: Any, alpha: Client) -> None:
        page = upload(browser, b"code,name\nbasic,Basic\n", page="/tenants/plan/import/")
        work()
        confirm(browser, again(browser, page))
        work()
        assert Plan.objects.filter(code="basic").exists()
        assert kept("public").state == "done"


class TestFailing:
    def test_what_may_pass_is_tried_three_times(
        self, web: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waiting(web)

        def fail(*args: Any, **kwargs: Any) -> None:
            raise OperationalError("gone")

        monkeypatch.setattr(working, "bring_in", fail)
        for _attempt in range(3):
            with pytest.raises(OperationalError):
                working.work("alpha", kept().pk)
            assert kept().state == "running"
        working.work("alpha", kept().pk)
        assert kept().state == "failed"
        assert "interrupted several times" in kept().error

    def test_a_mistake_of_ours_is_said_without_its_details(
        self, web: Any, monkeypatch: pytest.MonkeyPatch, imports_folder: Path
    ) -> None:
        waiting(web)
        monkeypatch.setattr(working, "bring_in", lambda *args, **kwargs: 1 / 0)
        work()
        assert kept().error == "Something went wrong on our side. Nothing was changed."
        assert not list((imports_folder / "alpha").iterdir())


class TestCancelling:
    def test_what_waits_is_over_at_once(self, web: Any, imports_folder: Path) -> None:
        page = waiting(web)
        web.post(page.context["cancel_url"])
        assert kept().state == "cancelled"
        assert not list((imports_folder / "alpha").iterdir())
        work()
        assert tasks() == []

    @pytest.mark.parametrize("state", ["checking", "running"])
    def test_what_is_at_work_stops_and_leaves_nothing(
        self, web: Any, monkeypatch: pytest.MonkeyPatch, state: str, imports_folder: Path
    ) -> None:
        page = upload(web, MANY) if state == "checking" else waiting(web)
        note = progress._note

        def press(*args: Any, **values: Any) -> bool:
            assert kept().state == state
            web.post(page.context["cancel_url"])
            connection.set_schema("alpha")
            return note(*args, **values)

        monkeypatch.setattr(progress, "_note", press)
        work()
        assert (kept().state, tasks()) == ("cancelled", [])
        assert not list((imports_folder / "alpha").iterdir())
        with schema_context("alpha"):
            assert not LogEntry.objects.filter(cid=kept().cid).exists()

    def test_at_the_last_moment_counts(self, web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        page = waiting(web)
        monkeypatch.setattr(progress, "EVERY", 3600)
        close = working.bring_in.__globals__["_close_as_done"]

        def late(*args: Any) -> None:
            web.post(page.context["cancel_url"])
            connection.set_schema("alpha")
            close(*args)

        monkeypatch.setitem(working.bring_in.__globals__, "_close_as_done", late)
        work()
        assert (kept().state, tasks()) == ("cancelled", [])

    def test_what_is_over_is_not_cancelled(self, web: Any) -> None:
        page = waiting(web)
        work()
        assert "cannot be confirmed" in said(web.post(page.context["cancel_url"], follow=True))
        assert kept().state == "done"


def test_a_page_that_asks_again_loads_anew_when_it_is_over(web: Any) -> None:
    page = upload(web, MANY)
    live = page.context["live_url"]
    assert web.get(live, {"seen": page.context["version"]}).status_code == 204
    work()
    assert web.get(live).headers["HX-Refresh"] == "true"


def test_a_session_that_has_ended_is_told_so(web: Any, tenant_browser: Any, alpha: Client) -> None:
    live = upload(web, MANY).context["live_url"]
    response = tenant_browser(alpha).get(live)
    assert (response.status_code, response.headers["HX-Refresh"]) == (403, "true")
    assert django_settings.CONSOLE_DOMAIN not in response.content.decode()
