"""A company keeps to its plan, whatever writes its rows; at its limit it goes on as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import DatabaseError, transaction
from django_tenants.utils import schema_context, tenant_context

from console import limits
from console.accounts.models import User
from console.importing.exceptions import FileError
from console.importing.files import import_file
from tenant_data.models import Attachment, Project, Task
from tenant_data.resources import ProjectResource, TaskResource
from tenants.models import Client, Plan


@pytest.fixture
def plan(alpha: Client) -> Plan:
    plan = Plan.objects.create(
        code="tight", name="Tight", max_users=2, max_projects=1, max_tasks=3, max_storage_mb=1
    )
    Client.objects.filter(pk=alpha.pk).update(plan=plan)
    return plan


@pytest.fixture
def inside(plan: Plan) -> Iterator[Project]:
    """In alpha, with one project and two tasks: one task is left."""
    with schema_context("alpha"):
        project = Project.objects.create(key="WEB", name="Website")
        Task.objects.create(project=project, title="One")
        Task.objects.create(project=project, title="Two")
        yield project


def attachment(task: Task, size: int) -> Attachment:
    return Attachment(
        task=task, file=ContentFile(b"x", name="x"), name="x", content_type="text/plain", size=size
    )


class TestDirectSaves:
    def test_the_last_one_is_taken_and_one_more_is_not(self, inside: Project) -> None:
        Task.objects.create(project=inside, title="Three")
        with pytest.raises(limits.LimitReached, match="“Tight” allows 3 tasks, and you have 3"):
            Task.objects.create(project=inside, title="Four")
        assert Task.objects.count() == 3

    def test_projects(self, inside: Project) -> None:
        with pytest.raises(limits.LimitReached, match="allows 1 project,"):
            Project.objects.create(key="OPS", name="Operations")

    def test_many_at_once_are_counted_together(self, inside: Project) -> None:
        tasks = [Task(project=inside, number=n, title="t") for n in (3, 4)]
        with pytest.raises(limits.LimitReached, match=r"you have 2\. This would add 2"):
            Task.objects.bulk_create(tasks)
        assert Task.objects.count() == 2
        Task.objects.bulk_create(tasks[:1])
        assert Task.objects.count() == 3

    def test_users_who_can_sign_in(self, inside: Project) -> None:
        bo = User.objects.create_user("bo@alpha.example")
        with pytest.raises(limits.LimitReached, match="allows 2 users"):
            User.objects.create_user("cy@alpha.example")
        cy = User.objects.create_user("cy@alpha.example", is_active=False)
        cy.is_active = True
        with pytest.raises(limits.LimitReached):
            cy.save()
        bo.is_active = False
        bo.save()
        cy.save()
        assert User.objects.filter(is_active=True).count() == 2

    def test_storage(self, inside: Project) -> None:
        task = Task.objects.first()
        attachment(task, 1_000_000).save()
        with pytest.raises(limits.LimitReached, match=r"47\.4.+ free, and this needs 58\.6"):
            attachment(task, 60_000).save()
        assert Attachment.objects.count() == 1
        attachment(task, 40_000).save()


class TestForms:
    def test_the_rule_is_a_rule_of_the_model(self, inside: Project) -> None:
        with pytest.raises(ValidationError, match="allows 1 project,"):
            Project(key="OPS", name="Operations").full_clean()
        with pytest.raises(ValidationError, match="allows 2 users"):
            User.objects.create_user("bo@alpha.example")
            User(email="cy@alpha.example", password="x").full_clean()


class TestImports:
    def test_a_file_with_too_many_is_refused_before_and_after_its_preview(
        self, inside: Project
    ) -> None:
        file = b"reference,title\nWEB-1,One\nWEB-8,New\nWEB-9,New\n"
        for dry_run in (True, False):
            with pytest.raises(FileError, match=r"you have 2\. This would add 2"):
                import_file(TaskResource, file, dry_run=dry_run)
        assert import_file(TaskResource, b"reference,title\nWEB-1,Uno\nWEB-8,New\n").new == 1

    def test_so_is_one_that_makes_projects(self, inside: Project) -> None:
        with pytest.raises(FileError, match="allows 1 project,"):
            import_file(TaskResource, b"reference,title\nOPS-1,New\n")
        with pytest.raises(FileError, match="allows 1 project,"):
            import_file(ProjectResource, b"key,name\nOPS,Operations\n")


class TestAtTheLimit:
    def test_what_is_there_is_changed_and_deleted_as_before(
        self, inside: Project, plan: Plan
    ) -> None:
        with schema_context("public"):
            Plan.objects.filter(pk=plan.pk).update(max_tasks=1, max_projects=0, max_users=0)
        with schema_context("alpha"):  # A new block: a plan is read once for each.
            task = Task.objects.get(title="Two")
            task.status = "done"
            task.save()
            inside.name = "Web site"
            inside.save()
            user = get_user_model().objects.get()
            user.name = "Ada O."
            user.save()
            Task.objects.filter(title="One").delete()
            with pytest.raises(limits.LimitReached):
                Task.objects.create(project=inside, title="New")

    def test_other_companies_and_the_staff_are_not_held_to_it(
        self, beta: Client, inside: Project
    ) -> None:
        with schema_context("beta"):
            for key in ("AA", "BB"):
                Project.objects.create(key=key, name=key)

    def test_the_staff_have_no_plan(self, plan: Plan) -> None:
        assert limits.plan_of_company() is None
        for name in ("a", "b", "c"):
            User.objects.create_user(f"{name}@console.example")


class TestFeatures:
    @pytest.mark.parametrize(("features", "has"), [([], False), (["customers"], True)])
    def test_are_those_of_the_plan(self, features: list[str], has: bool, plan: Plan) -> None:
        Plan.objects.filter(pk=plan.pk).update(features=features)
        with schema_context("alpha"):
            assert limits.has_feature("customers") is has

    def test_what_is_not_in_the_plan_goes_out_to_files_and_does_not_come_in(
        self, tenant_browser: Any, alpha: Client, owner: User, plan: Plan
    ) -> None:
        page, browser = "/tenant_data/customer/", tenant_browser(alpha, owner)
        Plan.objects.filter(pk=plan.pk).update(features=["customers"])
        assert browser.get(f"{page}import/").status_code == 200
        assert f'"{page}import/"' in browser.get(page).content.decode()
        Plan.objects.filter(pk=plan.pk).update(features=[])
        for path in ("import/", "import/sample/"):
            assert browser.get(page + path).status_code == 403
        assert browser.post(f"{page}import/1/confirm/").status_code == 403
        shown = browser.get(page).content.decode()
        assert f"{page}import/" not in shown
        assert f"{page}export/" in shown

    def test_a_client_without_a_plan_lacks_none(self, alpha: Client) -> None:
        Client.objects.filter(pk=alpha.pk).update(plan=None)
        with schema_context("alpha"):
            assert limits.has_feature("customers")


def test_a_client_that_came_without_its_plan_is_held_to_it(plan: Plan) -> None:
    """As commands do that look up a client first: the plan cannot be read in its schema."""
    with tenant_context(Client.objects.get(schema_name="alpha")):
        User.objects.create_user("bo@alpha.example")
        with pytest.raises(limits.LimitReached):
            User.objects.create_user("cy@alpha.example")


def test_the_web_process_may_ask_too(web_login: Any) -> None:
    """Where the connection logs in as web the plan is read, and the company's role is back."""
    with schema_context("alpha"):
        plan = limits.plan_of_company()
        assert plan is not None
        assert plan.name == "Team"
        assert Project.objects.count() == 0
        with pytest.raises(DatabaseError), transaction.atomic():
            Plan.objects.count()
