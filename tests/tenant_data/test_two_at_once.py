"""Two people at work at the same moment: nothing that one has done is undone by the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, transaction
from django_tenants.utils import schema_context

from console import limits
from console.importing import writing
from console.importing.files import import_file
from tenant_data.models import Label, Project, Task
from tenant_data.resources import TaskResource
from tenants.models import Client, Plan
from tenants.schemas.locks import lock_timeout
from tests.console.test_importing_pages import confirm, said, upload
from tests.page_forms import main_form

TASKS, PROJECTS = "/tenant_data/task/", "/tenant_data/project/"
_PROJECT = (
    "INSERT INTO alpha.tenant_data_project (key, name, description, status, colour, created_at,"
    " last_number) VALUES ('WEB', 'Website', '', 'active', 'blue', now(), 1) RETURNING id"
)
_TASK = (
    "INSERT INTO alpha.tenant_data_task (project_id, number, title, description, status, priority,"
    " position, created_at, updated_at)"
    " VALUES (%s, %s, 'Draw it', '', 'open', 2, 0, now(), now()) RETURNING id"
)


@pytest.fixture
def committed(alpha: Client, second: Any) -> Iterator[tuple[int, int]]:
    """A project and a task of it, which other connections see too: their keys."""
    (project,) = second.execute(_PROJECT).fetchone()
    (task,) = second.execute(_TASK, [project, 1]).fetchone()
    second.commit()
    yield project, task
    second.rollback()
    second.execute("DELETE FROM alpha.tenant_data_task")
    second.execute("DELETE FROM alpha.tenant_data_project")
    second.commit()


@pytest.fixture
def work(committed: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """The same; what the test locks is given back before they are taken away again."""
    with transaction.atomic():
        yield committed
        transaction.set_rollback(True)


def test_a_form_does_not_take_back_what_was_moved_meanwhile(
    browser: Any, second: Any, work: tuple[int, int], meanwhile: Callable[..., Any]
) -> None:
    _project, task = work
    form = main_form(browser.get(f"{TASKS}{task}/change/").content.decode())
    second.execute(
        "UPDATE alpha.tenant_data_task SET number = 9, priority = 4 WHERE id = %s", [task]
    )
    answer = meanwhile(
        lambda: browser.post(f"{TASKS}{task}/change/", {**form.fields, "title": "Paint it"})
    )
    assert answer.status_code == 302
    with schema_context("alpha"):
        saved = Task.objects.get(pk=task)
    assert (saved.number, saved.priority, saved.title) == (9, 4, "Paint it")


def test_a_projects_form_does_not_take_back_numbers_that_were_given_meanwhile(
    browser: Any, second: Any, work: tuple[int, int], meanwhile: Callable[..., Any]
) -> None:
    project, _task = work
    form = main_form(browser.get(f"{PROJECTS}{project}/change/").content.decode())
    second.execute("UPDATE alpha.tenant_data_project SET last_number = 50 WHERE id = %s", [project])
    second.execute(_TASK, [project, 50])
    meanwhile(
        lambda: browser.post(f"{PROJECTS}{project}/change/", {**form.fields, "colour": "red"})
    )
    with schema_context("alpha"):
        saved = Project.objects.get(pk=project)
        assert (saved.colour, saved.last_number) == ("red", 50)
        assert Task.objects.create(project=saved, title="Next").number == 51


def test_two_new_tasks_get_two_numbers(
    second: Any, work: tuple[int, int], meanwhile: Callable[..., Any]
) -> None:
    project, _task = work
    second.execute("SELECT FROM alpha.tenant_data_project WHERE id = %s FOR UPDATE", [project])
    second.execute(_TASK, [project, 2])
    second.execute("UPDATE alpha.tenant_data_project SET last_number = 2 WHERE id = %s", [project])
    with schema_context("alpha"):
        mine = meanwhile(lambda: Task.objects.create(project_id=project, title="Mine"))
    assert mine.number == 3


def test_of_two_who_add_the_last_one_that_the_plan_allows_one_is_refused(
    alpha: Client, second: Any, work: tuple[int, int], meanwhile: Callable[..., Any]
) -> None:
    project, _task = work
    plan = Plan.objects.create(code="two", name="Two", max_tasks=2)
    Client.objects.filter(pk=alpha.pk).update(plan=plan)
    second.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", ["limit alpha tasks"])
    second.execute(_TASK, [project, 2])
    with schema_context("alpha"), pytest.raises(limits.LimitReached):
        meanwhile(lambda: Task.objects.create(project_id=project, title="Mine"))


def test_a_preview_does_not_wait_for_somebody_who_adds_what_the_plan_limits(
    alpha: Client, second: Any
) -> None:
    plan = Plan.objects.create(code="two", name="Two", max_tasks=2, max_projects=2)
    Client.objects.filter(pk=alpha.pk).update(plan=plan)
    for kind in ("tasks", "projects"):
        lock = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
        second.execute(lock, [f"limit alpha {kind}"])
    file = b"reference,title\nWEB-8,New\n"
    with schema_context("alpha"), lock_timeout("50ms"):
        assert import_file(TaskResource, file, dry_run=True).new == 1
        with pytest.raises(OperationalError):
            import_file(TaskResource, file)


class TestLists:
    """Labels and members: several values in one field."""

    @pytest.fixture
    def task(self, web: Project) -> Task:
        with schema_context("alpha"):
            for name in ("red", "green", "blue"):
                Label.objects.create(name=name)
            task = Task.objects.get(title="Was due")
            task.labels.set(Label.objects.filter(name="red"))
        return task

    def labels(self, task: Task) -> set[str]:
        with schema_context("alpha"):
            return set(task.labels.values_list("name", flat=True))

    def key(self, name: str) -> int:
        with schema_context("alpha"):
            return int(Label.objects.get(name=name).pk)

    def test_what_somebody_else_added_stays(self, browser: Any, task: Task) -> None:
        url = f"{TASKS}{task.pk}/change/"
        form = main_form(browser.get(url).content.decode())
        with schema_context("alpha"):
            task.labels.add(Label.objects.get(name="green"))
        assert browser.post(url, {**form.fields, "title": "Newer"}).status_code == 302
        assert self.labels(task) == {"red", "green"}

    def test_where_both_changed_them_the_second_is_told_and_may_insist(
        self, browser: Any, task: Task
    ) -> None:
        url = f"{TASKS}{task.pk}/change/"
        form = main_form(browser.get(url).content.decode())
        with schema_context("alpha"):
            task.labels.add(Label.objects.get(name="green"))
        page = browser.post(url, {**form.fields, "labels": [self.key("blue")]}).content.decode()
        assert "Somebody else changed this since you opened the page." in page
        assert "“green, red” now" in page
        assert self.labels(task) == {"red", "green"}
        again = main_form(page)
        assert browser.post(url, again.fields).status_code == 302
        assert self.labels(task) == {"blue"}

    def test_all_can_be_taken_away_and_members_too(self, browser: Any, task: Task) -> None:
        url = f"{TASKS}{task.pk}/change/"
        form = main_form(browser.get(url).content.decode())
        browser.post(url, {**form.fields, "labels": []})
        assert self.labels(task) == set()
        url = f"{PROJECTS}{task.project_id}/change/"
        form = main_form(browser.get(url).content.decode())
        with schema_context("alpha"):
            task.project.members.set(get_user_model().objects.all())
        browser.post(url, {**form.fields, "name": "Web site"})
        with schema_context("alpha"):
            assert task.project.members.count() == 1


def test_an_import_does_not_wait_long_for_rows_that_somebody_has_and_can_be_confirmed_later(
    browser: Any, alpha: Client, second: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "WAIT", "50ms")
    second.execute("INSERT INTO alpha.tenant_data_label (name, colour) VALUES ('Idea', 'red')")
    second.commit()
    second.execute("SELECT FROM alpha.tenant_data_label FOR UPDATE")
    with transaction.atomic():
        page = upload(browser, b"name,colour\nIdea,blue\n", page="/tenant_data/label/import/")
        answer = confirm(browser, page)
        assert "Somebody else is changing the same rows" in said(answer)
        assert answer.context["import"].state == "ready"
        second.rollback()
        assert confirm(browser, page).context["import"].state == "done"
        transaction.set_rollback(True)
    second.execute("DELETE FROM alpha.tenant_data_label")
    second.commit()
