"""What stands below a task's form: what is there, for those who may see it, at a fixed cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.models import Attachment, Comment, Task, TimeEntry
from tests.page_forms import forms_in
from tests.tenant_data.work import a_task, page, someone, text_of

pytestmark = pytest.mark.usefixtures("plan")
PANELS = {"comments": "comment", "time": "timeentry", "files": "attachment"}


def fill(task: Task, number: int, user: User) -> None:
    """So many of everything on a task."""
    with schema_context("alpha"):
        for each in range(number):
            Comment.objects.create(task=task, author=user, text=f"Said {each}")
            TimeEntry.objects.create(task=task, person=user, minutes=each + 1)
            Attachment.objects.create(
                task=task, file=f"{task.pk}-{each}", name=f"{each}.pdf", content_type="x", size=1
            )


def shown_in(html: str) -> set[str]:
    return {panel for panel in PANELS if f'<h2 id="{panel}"' in html}


def test_each_has_a_form_of_its_own_with_its_own_address(browser: Any, task: Task) -> None:
    html = text_of(browser.get(page(task)))
    assert shown_in(html) == set(PANELS)
    actions = [form.action for form in forms_in(html)]
    for name in ("comment", "time", "attach"):
        assert page(task, name) in actions
    for panel in PANELS:
        assert f'aria-labelledby="{panel}"' in html


@pytest.mark.parametrize(("panel", "model"), PANELS.items())
def test_each_is_for_those_who_may_see_or_add(
    panel: str, model: str, signed_in: Callable[..., Any], owner: User, task: Task
) -> None:
    fill(task, 1, owner)
    assert shown_in(text_of(signed_in("Nora", "view_task").get(page(task)))) == set()
    seen = text_of(signed_in("Vera", "view_task", f"view_{model}").get(page(task)))
    assert shown_in(seen) == {panel}
    assert "data-panel-form" not in seen
    adding = text_of(signed_in("Wanda", "view_task", f"add_{model}").get(page(task)))
    assert shown_in(adding) == {panel}
    assert adding.count("data-panel-form") == 1


def test_the_newest_are_shown_and_the_list_has_them_all(
    browser: Any, owner: User, task: Task
) -> None:
    fill(task, 20, owner)
    html = text_of(browser.get(page(task)))
    assert "task__id__exact" not in html
    fill_more = a_task("With more")
    fill(fill_more, 21, owner)
    html = text_of(browser.get(page(fill_more)))
    assert "Said 20" in html
    assert "Said 0<" not in html
    for model in PANELS.values():
        url = f"/tenant_data/{model}/?task__id__exact={fill_more.pk}"
        assert url in html
        assert browser.get(url).context["cl"].result_count == 21


def test_they_cost_the_same_whatever_they_show(browser: Any, owner: User, task: Task) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(page(task)).status_code == 200
        return len(captured)

    fill(task, 1, owner)
    queries()
    before = queries()
    for number in range(3):
        fill_by = someone(f"Person{number}")
        with schema_context("alpha"):
            TimeEntry.objects.create(task=task, person=fill_by, minutes=5)
            Comment.objects.create(task=task, author=fill_by, text="More")
    assert queries() == before


def test_links_to_change_and_delete_are_for_those_who_may(
    tenant_browser: Any, alpha: Any, owner: User, task: Task
) -> None:
    wanda = someone("Wanda", "view_task", "view_comment", "add_comment")
    with schema_context("alpha"):
        own = Comment.objects.create(task=task, author=wanda, text="Mine")
        other = Comment.objects.create(task=task, author=owner, text="Theirs")
    html = text_of(tenant_browser(alpha, wanda).get(page(task)))
    for what in ("change", "delete"):
        assert f"/tenant_data/comment/{own.pk}/{what}/?task={task.pk}" in html
        assert f"/tenant_data/comment/{other.pk}/{what}/" not in html


def test_a_task_that_was_not_saved_shows_what_is_wrong_and_nothing_else(
    browser: Any, task: Task
) -> None:
    html = text_of(browser.post(page(task), {"title": ""}))
    assert shown_in(html) == set()


def test_a_task_with_booked_time_is_not_deleted(browser: Any, owner: User, task: Task) -> None:
    fill(task, 1, owner)
    browser.post(page(task, "delete"), {"post": "yes"})
    with schema_context("alpha"):
        assert Task.objects.filter(pk=task.pk).exists()


@pytest.mark.parametrize("back", ["", "x", "1/../../", "https://evil.example", "9" * 30])
def test_an_address_to_go_back_to_is_a_task_and_nothing_else(
    back: str, browser: Any, owner: User, task: Task
) -> None:
    with schema_context("alpha"):
        comment = Comment.objects.create(task=task, author=owner, text="Mine")
    url = f"/tenant_data/comment/{comment.pk}/change/?task={back}"
    response = browser.post(url, {"text": "Better"})
    assert response.headers["Location"].split("?")[0] == "/tenant_data/comment/"


@pytest.mark.parametrize(
    ("name", "typed"), [("comment", {"text": "Well <said>"}), ("time", {"minutes": "1"})]
)
def test_a_task_that_is_gone_leads_to_the_list_with_what_was_typed(
    name: str, typed: dict[str, str], browser: Any, task: Task
) -> None:
    with schema_context("alpha"):
        Task.objects.all().delete()
    response = browser.post(page(task, name), typed, follow=True)
    assert response.redirect_chain == [("/tenant_data/task/", 302)]
    assert "This task is not there any more." in text_of(response)
    assert ("You had written: Well &lt;said&gt;" in text_of(response)) is ("text" in typed)
