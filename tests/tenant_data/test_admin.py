"""Projects and tasks in a tenant's admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data import stats
from tenant_data.models import Project, Task
from tenants.models import Client

TASKS = "/tenant_data/task/"
PROJECTS = "/tenant_data/project/"


def text_of(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def worker(alpha: Client, tenant_browser: Any) -> Any:
    """A browser of somebody who may see and change tasks, and nothing else."""
    with schema_context("alpha"):
        user = User.objects.create_user("w@alpha.example", "pw", name="Wanda", is_staff=True)
        user.user_permissions.set(
            Permission.objects.filter(codename__in=["view_task", "change_task", "add_task"])
        )
    return tenant_browser(alpha, user)


def titles(page: str) -> set[str]:
    return {
        title for title in ("Was due", "Is mine", "Is done", "Is nobody&#x27;s") if title in page
    }


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("", {"Was due", "Is mine", "Is done", "Is nobody&#x27;s"}),
        ("work=open", {"Was due", "Is mine", "Is nobody&#x27;s"}),
        ("work=late", {"Was due"}),
        ("work=mine", {"Is mine"}),
        ("work=unassigned", {"Was due", "Is nobody&#x27;s"}),
        ("status__exact=done", {"Is done"}),
        ("q=WEB-2", {"Is mine"}),
        ("q=web-2", {"Is mine"}),
        ("q=due", {"Was due"}),
        ("q=website", {"Was due", "Is mine", "Is done", "Is nobody&#x27;s"}),
        ("q=NONE-1", set()),
    ],
)
def test_the_list_answers(question: str, expected: set[str], browser: Any, web: Project) -> None:
    response = browser.get(f"{TASKS}?{question}")
    assert response.status_code == 200
    assert titles(text_of(response)) == expected


def test_the_cards_of_home_say_how_long_the_lists_are(browser: Any, web: Project) -> None:
    with schema_context("alpha"):
        counts = stats.task_counts(User.objects.get())
    page = text_of(browser.get("/"))
    for name in ("open", "late", "mine", "unassigned"):
        assert f'href="{TASKS}?work={name}"' in page
        found = browser.get(f"{TASKS}?work={name}").context["cl"].result_count
        assert found == getattr(counts, name), name


def test_only_what_is_late_and_not_done_is_marked_late(browser: Any, web: Project) -> None:
    assert text_of(browser.get(TASKS)).count("console-late-word") == 1


def test_lists_ask_the_same_number_of_queries_whatever_they_show(
    browser: Any, web: Project
) -> None:
    def queries(url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(url).status_code == 200
        return len(captured)

    before = {url: queries(url) for url in (TASKS, PROJECTS)}
    with schema_context("alpha"):
        for number in range(12):
            user = User.objects.create_user(f"u{number}@alpha.example")
            project = Project.objects.create(key=f"P{number}", name=f"Project {number}")
            Task.objects.create(project=project, title="More", assignee=user)
    assert {url: queries(url) for url in (TASKS, PROJECTS)} == before


def test_a_task_gets_the_next_number_and_keeps_it(browser: Any, web: Project) -> None:
    form = {
        **{"project": web.pk, "number": "", "title": "New"},
        **{"status": "open", "priority": 2, "position": 0},
    }
    response = browser.post(f"{TASKS}add/", form)
    assert response.status_code == 302
    with schema_context("alpha"):
        task = Task.objects.get(title="New")
        other = Project.objects.create(key="OPS", name="Operations")
    assert task.number == 5
    browser.post(
        f"{TASKS}{task.pk}/change/", {**form, "project": other.pk, "number": 77, "title": "Newer"}
    )
    with schema_context("alpha"):
        task = Task.objects.get(pk=task.pk)
        assert task.title == "Newer"
        assert task.reference == "WEB-5"


def test_a_number_that_is_taken_is_refused_in_plain_words(browser: Any, web: Project) -> None:
    form = {"project": web.pk, "number": 2, "title": "New", "status": "open", "priority": 2}
    page = text_of(browser.post(f"{TASKS}add/", form))
    assert "The project has a task with this number already." in page


def test_a_projects_key_is_fixed_once_it_has_tasks(browser: Any, web: Project) -> None:
    rest = {"status": "active", "colour": "red"}
    browser.post(f"{PROJECTS}{web.pk}/change/", {"name": "Web site", "key": "OTHER", **rest})
    with schema_context("alpha"):
        empty = Project.objects.create(key="EMPTY", name="Empty")
    browser.post(f"{PROJECTS}{empty.pk}/change/", {"name": "Empty", "key": "FULL", **rest})
    with schema_context("alpha"):
        assert Project.objects.get(pk=web.pk).key == "WEB"
        assert Project.objects.get(pk=web.pk).name == "Web site"
        assert Project.objects.get(pk=empty.pk).key == "FULL"


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_project_with_tasks_is_not_deleted_and_says_why(
    method: str, browser: Any, web: Project
) -> None:
    url = f"{PROJECTS}{web.pk}/delete/"
    response = getattr(browser, method)(url, {"post": "yes"}, follow=True)
    assert "WEB · Website has 4 tasks and cannot be deleted." in text_of(response)
    assert "Was due" not in text_of(response)
    with schema_context("alpha"):
        assert Project.objects.filter(pk=web.pk).exists()
        Task.objects.all().delete()
    assert browser.post(url, {"post": "yes"}).status_code == 302
    with schema_context("alpha"):
        assert not Project.objects.filter(pk=web.pk).exists()


def test_deleting_many_names_a_bounded_number(browser: Any, web: Project) -> None:
    with schema_context("alpha"):
        for number in range(60):
            Task.objects.create(project=web, title=f"Bulk {number}")
        ids = list(Task.objects.filter(title__startswith="Bulk").values_list("pk", flat=True))
    page = text_of(
        browser.post(TASKS, {"action": "delete_selected", "_selected_action": ids, "index": 0})
    )
    assert "and 10 more" in page
    assert "jsi18n" in page


def choices(browser: Any, field: str) -> Any:
    return browser.get(
        f"/autocomplete/?app_label=tenant_data&model_name=task&field_name={field}&term="
    )


def test_who_may_change_a_task_may_choose_its_assignee(
    worker: Any, tenant_browser: Any, alpha: Client, web: Project
) -> None:
    names = [row["text"] for row in choices(worker, "assignee").json()["results"]]
    assert "Wanda" in names
    assert worker.get("/accounts/user/").status_code == 403
    with schema_context("alpha"):
        nobody = User.objects.create_user("n@alpha.example", "pw", is_staff=True)
    assert choices(tenant_browser(alpha, nobody), "assignee").status_code == 403
    assert choices(tenant_browser(alpha), "assignee").status_code == 302


@pytest.mark.parametrize(
    ("part", "right"),
    [
        ("comment", "add_comment"),
        ("comment", "view_comment"),
        ("timeentry", "view_timeentry"),
        ("attachment", "view_attachment"),
    ],
)
def test_who_may_not_see_tasks_is_offered_none_by_what_belongs_to_them(
    tenant_browser: Any, alpha: Client, web: Project, part: str, right: str
) -> None:
    def offered(*rights: str) -> list[str]:
        with schema_context("alpha"):
            user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        question = f"app_label=tenant_data&model_name={part}&field_name=task&term="
        results = browser.get(f"/autocomplete/?{question}").json()["results"]
        return [row["text"] for row in results]

    with schema_context("alpha"):
        user = User.objects.create_user("n@alpha.example", "pw", is_staff=True)
    browser = tenant_browser(alpha, user)
    assert offered(right) == []
    assert len(offered(right, "view_task")) == 4


def test_who_may_not_see_projects_sees_none_of_them(worker: Any, web: Project) -> None:
    assert worker.get(PROJECTS).status_code == 403
    page = text_of(worker.get("/"))
    assert 'id="projects"' not in page
    assert PROJECTS not in page


def test_one_tenants_work_is_not_anothers(
    tenant_browser: Any, beta: Client, beta_owner: User, web: Project
) -> None:
    browser = tenant_browser(beta, beta_owner)
    assert titles(text_of(browser.get(TASKS))) == set()
    assert browser.get(f"{PROJECTS}{web.pk}/change/").status_code == 302
    assert "Website" not in text_of(browser.get("/search/?extended=1&s=website"))
