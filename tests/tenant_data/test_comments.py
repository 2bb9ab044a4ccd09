"""Comments: people say something about a task, and answer for what they said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenant_data.models import Comment, Task
from tenants.models import Plan
from tests.tenant_data.work import a_task, page, someone, text_of

pytestmark = pytest.mark.usefixtures("plan")
LIST = "/tenant_data/comment/"
MAY_COMMENT = ("view_task", "add_comment")


def comments() -> list[str]:
    with schema_context("alpha"):
        return list(Comment.objects.order_by("pk").values_list("text", flat=True))


def a_comment(task: Task, author: User | None, text: str = "Well said") -> Comment:
    with schema_context("alpha"):
        return Comment.objects.create(task=task, author=author, text=text)


def url(comment: Comment, what: str = "change") -> str:
    return f"{LIST}{comment.pk}/{what}/"


class TestAdding:
    def test_comes_back_to_the_panel_which_shows_it(
        self, signed_in: Callable[..., Any], task: Task
    ) -> None:
        browser = signed_in("Wanda", *MAY_COMMENT, "view_comment")
        response = browser.post(page(task, "comment"), {"text": "First\r\nsecond <b>"})
        assert response.status_code == 302
        assert response.headers["Location"] == f"{page(task)}#comments"
        shown = text_of(browser.get(page(task)))
        assert "Your comment was added." in shown
        assert "First<br>second &lt;b&gt;" in shown
        with schema_context("alpha"):
            assert Comment.objects.get().author.name == "Wanda"

    @pytest.mark.parametrize("rights", [("view_task",), ("add_comment",), ("change_comment",)])
    def test_needs_the_right_to_add_and_to_see_the_task(
        self, rights: tuple[str, ...], signed_in: Callable[..., Any], task: Task
    ) -> None:
        response = signed_in("Wanda", *rights).post(page(task, "comment"), {"text": "No"})
        assert response.status_code == 403
        assert comments() == []

    def test_a_get_adds_nothing_and_leads_to_the_task(
        self, signed_in: Callable[..., Any], task: Task
    ) -> None:
        response = signed_in("Wanda", *MAY_COMMENT).get(page(task, "comment"), {"text": "No"})
        assert response.headers["Location"] == f"{page(task)}#comments"
        assert comments() == []

    @pytest.mark.parametrize("text", ["", "   ", "\r\n", "x" * 10_001])
    def test_what_is_refused_is_still_there_with_the_reason(
        self, text: str, signed_in: Callable[..., Any], task: Task
    ) -> None:
        response = signed_in("Wanda", *MAY_COMMENT).post(page(task, "comment"), {"text": text})
        assert response.status_code == 200
        shown = text_of(response)
        assert 'id="id_comment_text_error"' in shown
        assert 'aria-invalid="true"' in shown
        assert text in shown
        assert comments() == []

    def test_on_a_task_that_is_not_there_says_so(self, browser: Any, task: Task) -> None:
        response = browser.post("/tenant_data/task/999999/comment/", {"text": "x"}, follow=True)
        assert "This task is not there any more. Nothing was added to it." in text_of(response)


class TestChanging:
    def test_an_author_changes_the_text_and_it_says_edited(
        self, tenant_browser: Any, task: Task, alpha: Any
    ) -> None:
        wanda = someone("Wanda", *MAY_COMMENT)
        comment = a_comment(task, wanda)
        browser = tenant_browser(alpha, wanda)
        assert "edited" not in text_of(browser.get(page(task)))
        response = browser.post(f"{url(comment)}?task={task.pk}", {"text": "Better", "author": ""})
        assert response.headers["Location"] == f"{page(task)}#comments"
        with schema_context("alpha"):
            comment.refresh_from_db()
        assert (comment.text, comment.author_id) == ("Better", wanda.pk)
        assert comment.edited_at is not None
        assert "edited" in text_of(browser.get(page(task)))

    def test_saving_the_same_text_is_no_edit(
        self, tenant_browser: Any, task: Task, alpha: Any
    ) -> None:
        wanda = someone("Wanda", *MAY_COMMENT)
        comment = a_comment(task, wanda)
        tenant_browser(alpha, wanda).post(url(comment), {"text": comment.text})
        with schema_context("alpha"):
            comment.refresh_from_db()
        assert comment.edited_at is None

    @pytest.mark.parametrize("what", ["change", "delete"])
    def test_anothers_need_the_right(
        self, what: str, signed_in: Callable[..., Any], owner: User, task: Task
    ) -> None:
        comment = a_comment(task, owner)
        form = {"text": "Mine now", "post": "yes"}
        wanda = signed_in("Wanda", *MAY_COMMENT, "view_comment")
        assert wanda.post(url(comment, what), form).status_code == 403
        assert comments() == ["Well said"]
        mona = signed_in("Mona", *MAY_COMMENT, "view_comment", f"{what}_comment")
        assert mona.post(url(comment, what), form).status_code == 302
        assert comments() == (["Mine now"] if what == "change" else [])

    @pytest.mark.parametrize("what", ["change", "delete"])
    def test_an_author_who_may_not_comment_any_more_has_no_say(
        self, what: str, tenant_browser: Any, task: Task, alpha: Any
    ) -> None:
        wanda = someone("Wanda", "view_task", "view_comment")
        comment = a_comment(task, wanda)
        form = {"text": "Better", "post": "yes"}
        response = tenant_browser(alpha, wanda).post(url(comment, what), form)
        assert response.status_code == 403
        assert comments() == ["Well said"]

    def test_an_author_deletes_and_is_back_on_the_task(
        self, tenant_browser: Any, task: Task, alpha: Any
    ) -> None:
        wanda = someone("Wanda", *MAY_COMMENT)
        where = f"{url(a_comment(task, wanda), 'delete')}?task={task.pk}"
        response = tenant_browser(alpha, wanda).post(where, {"post": "yes"})
        assert response.headers["Location"] == f"{page(task)}#comments"
        assert comments() == []

    def test_some_of_the_list_are_not_deleted_by_who_may_not_delete_all_of_them(
        self, tenant_browser: Any, owner: User, task: Task, alpha: Any
    ) -> None:
        wanda = someone("Wanda", *MAY_COMMENT, "view_comment")
        keys = [a_comment(task, person).pk for person in (wanda, owner)]
        form = {"action": "delete_selected", "_selected_action": keys, "post": "yes"}
        assert tenant_browser(alpha, wanda).post(LIST, form).status_code == 403
        assert len(comments()) == 2


class TestTheList:
    @pytest.mark.parametrize(
        ("question", "found"),
        [("", 3), ("q=bridge", 1), ("q=WEB-1", 2), ("q=draw", 2), ("q=nothing", 0)],
    )
    def test_answers(
        self, question: str, found: int, browser: Any, owner: User, task: Task
    ) -> None:
        a_comment(task, owner, "The bridge is red")
        a_comment(task, None)
        a_comment(a_task("Another"), owner)
        assert browser.get(f"{LIST}?{question}").context["cl"].result_count == found

    def test_is_filtered_by_the_task(self, browser: Any, owner: User, task: Task) -> None:
        a_comment(task, owner)
        a_comment(a_task("Another"), owner)
        response = browser.get(f"{LIST}?task__id__exact={task.pk}")
        assert response.context["cl"].result_count == 1

    def test_has_those_alone_that_somebody_may_see(
        self, tenant_browser: Any, owner: User, task: Task, alpha: Any
    ) -> None:
        wanda = someone("Wanda", *MAY_COMMENT)
        a_comment(task, owner, "Of the owner")
        a_comment(task, wanda, "Of Wanda")
        browser = tenant_browser(alpha, wanda)
        for where in (LIST, page(task)):
            shown = text_of(browser.get(where))
            assert "Of Wanda" in shown
            assert "Of the owner" not in shown

    def test_nobody_adds_any_from_it(self, browser: Any, task: Task, plan: Plan) -> None:
        assert browser.get(f"{LIST}add/").status_code == 403
