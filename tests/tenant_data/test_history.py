"""Who changed what in a company's work: in words, with everything that belongs to a task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.acting import acting_as
from console.history.models import LogEntry
from console.history.words import NOTHING, tell
from console.importing.files import import_file
from console.sites import tenant_site
from tenant_data.models import (
    Attachment,
    Comment,
    Customer,
    Label,
    Milestone,
    Project,
    Task,
    TimeEntry,
)
from tenant_data.resources import ProjectResource, TaskResource
from tenants.models import Client

LOG = "/history/logentry/"


@pytest.fixture
def task(alpha: Client) -> Iterator[Task]:
    """In alpha, a task whose history is empty."""
    with schema_context("alpha"):
        project = Project.objects.create(key="WEB", name="Web shop")
        task = Task.objects.create(project=project, title="One")
        LogEntry.objects.all().delete()
        yield task


def told(obj: Any) -> list[str]:
    """The history of an object, the oldest first."""
    entries = LogEntry.objects.about(obj).select_related("content_type").order_by("pk")
    parts = [[one.text, *map(str, one.said_by_changes)] for one in tell(entries)]
    return ["; ".join(filter(None, some)).replace(NOTHING, "-") for some in parts]


class TestATask:
    def test_is_told_in_words(self, task: Task) -> None:
        bo = User.objects.create_user("bo@alpha.example", name="Bo")
        task.status, task.priority, task.assignee = "done", 4, bo
        task.milestone = Milestone.objects.create(project=task.project, name="Beta")
        task.due_on, task.estimate = date(2026, 11, 22), Decimal("2.5")
        task.save()
        assert told(task)[-1] == (
            "Status: Open → Done; Priority: Normal → Urgent; Assignee: - → Bo; "
            "Due: - → Nov. 22, 2026; Milestone: - → WEB · Beta; Estimate (hours): - → 2.5"
        )

    def test_has_its_comments_time_and_files(self, task: Task) -> None:
        bo = User.objects.create_user("bo@alpha.example", name="Bo")
        comment = Comment.objects.create(task=task, author=bo, text="It works")
        TimeEntry.objects.create(task=task, person=bo, minutes=90)
        Attachment.objects.create(
            task=task, file="attachments/x", name="plan.pdf", size=2048, content_type="x/y"
        )
        comment.text = "It does not work"
        comment.save()
        assert told(task) == [
            "Comment It works added",
            "Time entry 1:30 · WEB-1 One added",
            "Attachment plan.pdf added",
            "Comment It does not work changed; Text: It works → It does not work",
        ]

    def test_keeps_the_beginning_of_a_comment_alone(self, task: Task) -> None:
        comment = Comment.objects.create(task=task, text="x" * 5000)
        comment.delete()
        for entry in LogEntry.objects.about(task):
            assert len(str(entry.changes)) < 400

    def test_knows_of_a_file_its_name_and_size_alone(self, task: Task) -> None:
        Attachment.objects.create(
            task=task, file="attachments/secret", name="plan.pdf", size=2048, content_type="x/y"
        )
        (one,) = tell(LogEntry.objects.about(task).select_related("content_type"))
        assert {(change.label, change.after) for change in one.changes} == {
            ("Task", "WEB-1 One"),
            ("Name", "plan.pdf"),
            ("Size", "2.0\xa0KB"),
        }

    def test_is_not_the_history_of_its_project_as_a_milestone_is(self, task: Task) -> None:
        Milestone.objects.create(project=task.project, name="Beta")
        Task.objects.create(project=task.project, title="Two")
        assert told(task.project) == ["Milestone WEB · Beta added"]

    def test_says_nothing_of_what_is_kept_by_the_way(self, task: Task) -> None:
        task.save()
        assert told(task) == []

    def test_of_one_that_was_added_has_no_other_ends_of_relations(self, task: Task) -> None:
        other = Task.objects.create(project=task.project, title="Two")
        (entry,) = LogEntry.objects.about(other)
        assert set(entry.changes) <= {field.name for field in Task._meta.concrete_fields}


class TestManyToMany:
    def test_a_new_list_is_one_entry_with_old_and_new(self, task: Task) -> None:
        a, b, c = (Label.objects.create(name=name) for name in "abc")
        task.labels.set([a, b])
        assert told(task) == ["Labels: - → a, b"]
        task.labels.set([b, c])
        assert told(task)[1:] == ["Labels: a, b → b, c"]
        task.labels.remove(b)
        task.labels.add(a)
        task.labels.clear()
        assert told(task)[-1] == "Labels: a, c → -"

    def test_what_changes_nothing_is_not_written(self, task: Task) -> None:
        label = Label.objects.create(name="a")
        task.labels.add(label)
        task.labels.add(label)
        task.labels.set([label])
        assert len(told(task)) == 1

    def test_from_the_other_side_too(self, task: Task) -> None:
        label = Label.objects.create(name="a")
        label.tasks.add(task)
        assert told(task) == ["Labels: - → a"]
        label.tasks.clear()
        assert told(task)[-1] == "Labels: a → -"

    def test_people_by_name(self, task: Task) -> None:
        task.project.members.add(User.objects.create_user("bo@alpha.example", name="Bo"))
        assert told(task.project) == ["Members: - → Bo"]


class TestImports:
    def test_write_what_a_form_would(self, task: Task) -> None:
        header = b"reference,title,status,labels,parent,milestone,estimate\n"
        Milestone.objects.create(project=task.project, name="Beta")
        LogEntry.objects.all().delete()
        rows = b'WEB-1,One,done,"b, a",WEB-2,Beta,2.50\nWEB-2,Two,,,,,\n'
        import_file(TaskResource, header + rows)
        assert told(task) == [
            "Status: Open → Done; Milestone: - → WEB · Beta; Part of: - → WEB-2 Two; "
            "Estimate (hours): - → 2.5; Labels: - → a, b"
        ]
        assert told(Task.objects.get(number=2)) == ["Task WEB-2 Two added"]
        assert [told(label) for label in Label.objects.all()] == [
            ["Label a added"], ["Label b added"],
        ]  # fmt: skip
        import_file(TaskResource, header + rows)
        assert len(told(task)) == 1

    def test_of_links_alone_are_a_change(self, task: Task) -> None:
        User.objects.create_user("bo@alpha.example", name="Bo")
        for members in (b"bo@alpha.example", b""):
            import_file(ProjectResource, b"key,name,members\nWEB,Web shop," + members)
        assert told(task.project) == ["Members: - → Bo", "Members: Bo → -"]

    def test_are_those_of_who_imports(self, task: Task) -> None:
        bo = User.objects.create_user("bo@alpha.example", name="Bo")
        with acting_as(bo):
            import_file(TaskResource, b"reference,title\nWEB-1,New\n")
        assert LogEntry.objects.about(task).get().actor == bo


class TestWho:
    def test_staff_are_an_address_and_nobody_is_the_provider(
        self, task: Task, operator: User
    ) -> None:
        connection.set_schema_to_public()
        with acting_as(operator), schema_context("alpha"):
            task.title = "By staff"
            task.save()
        with schema_context("alpha"):
            task.title = "By nobody"
            task.save()
            entries = LogEntry.objects.about(task).select_related("content_type")
            nobody, staff = tell(entries)
            assert (nobody.who, staff.who) == ("your provider", operator.email)
            assert staff.entry.actor is None


class TestThePages:
    @pytest.fixture
    def browser(self, tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> Any:
        return tenant_browser(alpha, owner)

    def test_a_task_leads_to_its_history(self, browser: Any, task: Task) -> None:
        comment = Comment.objects.create(task=task, text="It works")
        response = browser.get(f"/tenant_data/task/{task.pk}/history/", follow=True)
        text = response.content.decode()
        assert "Comment <a" in text
        assert "Added" in text
        assert f'href="/tenant_data/comment/{comment.pk}/change/"' in text
        assert "your provider" in text
        assert "in a terminal" not in text

    def test_what_has_no_page_leads_to_what_it_is_a_part_of(
        self, browser: Any, task: Task, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delitem(tenant_site._registry, Comment)
        Comment.objects.create(task=task, text="It works")
        text = browser.get(LOG).content.decode()
        assert f'href="/tenant_data/task/{task.pk}/change/">It works</a>' in text

    def test_is_in_the_menu_for_those_who_may_read_it(
        self, browser: Any, tenant_browser: Callable[..., Any], alpha: Client, task: Task
    ) -> None:
        assert f'href="{LOG}"' in browser.get("/").content.decode()
        with schema_context("alpha"):
            bo = User.objects.create_user("bo@alpha.example", is_staff=True)
            bo.user_permissions.add(Permission.objects.get(codename="view_task"))
        other = tenant_browser(alpha, bo)
        assert f'href="{LOG}"' not in other.get("/").content.decode()
        assert other.get(LOG).status_code == 403
        assert other.get(f"/tenant_data/task/{task.pk}/history/").status_code == 403

    def test_tells_nobody_of_what_they_may_not_see(
        self, tenant_browser: Callable[..., Any], alpha: Client, task: Task
    ) -> None:
        Comment.objects.create(task=task, text="Between us")
        Customer.objects.create(name="Acme")
        task.title = "New"
        task.save()
        bo = User.objects.create_user("bo@alpha.example", is_staff=True)
        rights = ["view_task", "view_logentry"]
        bo.user_permissions.set(Permission.objects.filter(codename__in=rights))
        entries = tenant_browser(alpha, bo).get(LOG).context["cl"].result_list
        assert [entry.object_repr for entry in entries] == ["WEB-1 New"]

    @pytest.mark.parametrize(("right", "seen"), [("add_comment", False), ("view_comment", True)])
    def test_of_others_comments_is_for_those_who_see_them_all(
        self, task: Task, tenant_browser: Callable[..., Any], alpha: Client, right: str, seen: bool
    ) -> None:
        Comment.objects.create(task=task, text="Between us")
        rights = Permission.objects.filter(codename__in=[right, "view_task", "view_logentry"])
        bo = User.objects.create_user("bo@alpha.example", is_staff=True)
        bo.user_permissions.set(rights)
        browser = tenant_browser(alpha, bo)
        for page in (LOG, "/"):
            assert ("Between us" in browser.get(page).content.decode()) == seen, page

    def test_has_nothing_of_another_company(
        self, tenant_browser: Callable[..., Any], beta: Client, beta_owner: User, task: Task
    ) -> None:
        task.title = "New"
        task.save()
        entries = tenant_browser(beta, beta_owner).get(LOG).context["cl"].result_list
        assert not [entry for entry in entries if entry.content_type.model == "task"]

    def test_of_a_task_costs_the_same_however_much_happened(self, browser: Any, task: Task) -> None:
        url = f"{LOG}?subject=tenant_data.task:{task.pk}"

        def cost() -> int:
            with CaptureQueriesContext(connection) as context:
                assert browser.get(url).status_code == 200
            return len(context)

        def happen(number: int) -> None:
            with schema_context("alpha"):
                bo = User.objects.create_user(f"bo{number}@alpha.example")
                task.assignee = bo
                task.milestone = Milestone.objects.create(project=task.project, name=str(number))
                task.parent = Task.objects.create(project=task.project, title=str(number))
                task.save()
                task.labels.add(Label.objects.create(name=f"l{number}"))
                Comment.objects.create(task=task, author=bo, text="x")
                TimeEntry.objects.create(task=task, person=bo, minutes=5)

        happen(0)
        cost()
        few = cost()
        for number in range(1, 8):
            happen(number)
        assert cost() == few
