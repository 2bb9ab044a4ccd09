"""An import is undone on its page: at once where it is small, or by a job; by whom, and once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.models import LogEntry
from console.importing import keeping, progress, undoing, working
from console.importing.models import Import
from tenant_data.models import Project, Task
from tenants.models import Client, Domain
from tests.console.test_importing_jobs import again, work
from tests.console.test_importing_pages import confirm, kept, said, tasks, upload


@pytest.fixture
def web(tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> Any:
    return tenant_browser(alpha, owner)


@pytest.fixture
def page(web: Any) -> Any:
    """The page of an import that made a project and two tasks."""
    return confirm(web, upload(web))


def undo(browser: Any, page: Any) -> Any:
    return browser.post(page.context["undo_url"], follow=True)


def rights(app: str, names: Iterable[str]) -> Any:
    return Permission.objects.filter(content_type__app_label=app, codename__in=names)


class TestUndo:
    def test_removes_what_was_added_and_says_so(self, web: Any, page: Any, owner: User) -> None:
        assert "Undo this import" in page.content.decode()
        assert tasks() == ["WEB-1 First", "WEB-2 Second"]
        after = undo(web, page)
        text = after.content.decode()
        assert tasks() == []
        with schema_context("alpha"):
            assert not Project.objects.exists()
        assert f"Undone by {owner.email}, " in text
        assert after.context["undone"]["totals"][0][:2] == ("Removed", "3")
        assert "Removed: 2 tasks, 1 project<" in text
        assert "Put back:" not in text
        assert "Undo this import" not in text

    def test_names_what_it_left_as_it_was(self, web: Any, page: Any) -> None:
        with schema_context("alpha"):
            task = Task.objects.get(number=1)
            task.title = "<Mine>"
            task.save()
        text = undo(web, page).content.decode()
        assert tasks() == ["WEB-1 <Mine>"]
        assert "task <strong>WEB-1 First</strong>: edited since" in text
        assert "project <strong>WEB · Web</strong>: in use elsewhere" in text

    def test_is_done_once(self, web: Any, page: Any) -> None:
        undo(web, page)
        confirm(web, upload(web))
        assert "cannot be undone now" in said(undo(web, page))
        assert tasks() == ["WEB-1 First", "WEB-2 Second"]

    def test_is_not_done_by_looking(self, web: Any, page: Any) -> None:
        assert web.get(page.context["undo_url"], follow=True).status_code == 200
        assert len(tasks()) == 2

    def test_is_nothing_for_a_file_that_was_not_imported(self, web: Any) -> None:
        ready = upload(web)
        assert "cannot be undone now" in said(undo(web, ready))
        assert kept().state == "ready"

    def test_is_in_the_history_with_its_import(self, web: Any, page: Any) -> None:
        undo(web, page)
        with schema_context("alpha"):
            entries = LogEntry.objects.filter(cid=kept().undo_cid)
            assert entries.filter(action=LogEntry.Action.DELETE).count() == 3
        log = web.get("/history/logentry/").content.decode()
        assert "by undoing the import of tasks.csv" in log

    def test_makes_the_same_file_one_that_was_not_imported(self, web: Any, page: Any) -> None:
        undo(web, page)
        assert "imported before" not in upload(web).content.decode()


class TestWho:
    NEEDED = ("delete_project", "delete_task")

    @pytest.mark.parametrize("missing", ["", *NEEDED])
    def test_needs_the_rights_to_delete_all_that_was_added(
        self,
        web: Any,
        page: Any,
        tenant_browser: Callable[..., Any],
        alpha: Client,
        missing: str,
    ) -> None:
        with schema_context("alpha"):
            member = User.objects.create(email="m@alpha.example", is_staff=True)
            names = {"view_task", "import_task", "add_task", "change_task", *self.NEEDED}
            member.user_permissions.set(rights("tenant_data", names - {missing}))
        other = tenant_browser(alpha, member)
        shown = again(other, page)
        assert shown.status_code == 200
        assert ("Undo this import" in shown.content.decode()) == (not missing)
        after = undo(other, page)
        if missing:
            assert "may not undo this import" in said(after)
        assert len(tasks()) == (2 if missing else 0)

    def test_is_nobody_of_another_company(
        self, page: Any, tenant_browser: Callable[..., Any], beta: Client, beta_owner: User
    ) -> None:
        other = tenant_browser(beta, beta_owner)
        assert other.post(page.context["undo_url"]).status_code == 404
        assert len(tasks()) == 2


class TestAJob:
    @pytest.fixture(autouse=True)
    def _nothing_is_small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keeping, "SMALL", 0)
        monkeypatch.setattr(undoing, "SMALL", 0)
        monkeypatch.setattr(progress, "EVERY", 0)

    @pytest.fixture
    def page(self, web: Any) -> Any:
        page = upload(web)
        work()
        confirm(web, again(web, page))
        work()
        return again(web, page)

    def test_undoes_it(self, web: Any, page: Any, owner: User) -> None:
        waiting = undo(web, page)
        assert waiting.context["import"].state == "undoing"
        assert len(tasks()) == 2
        work()
        done = kept()
        assert (done.state, done.undone_by_email, done.done) == ("undone", owner.email, done.total)
        assert tasks() == []

    def test_is_not_asked_for_twice(self, web: Any, page: Any) -> None:
        undo(web, page)
        assert "cannot be undone now" in said(undo(web, page))

    def test_of_somebody_who_may_not_any_more_changes_nothing(
        self, web: Any, page: Any, owner: User
    ) -> None:
        undo(web, page)
        with schema_context("alpha"):
            User.objects.filter(pk=owner.pk).update(is_active=False)
        work()
        assert (kept().state, kept().undone_by_email) == ("done", "")
        assert "may not undo this import" in kept().error
        assert len(tasks()) == 2

    def test_that_fails_leaves_all_as_it_was(
        self, web: Any, page: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        undo(web, page)
        monkeypatch.setattr(Import, "undo_cid", property(lambda self: 1 / 0))
        work()
        monkeypatch.undo()
        assert (kept().state, kept().error) == (
            "done",
            "Something went wrong on our side. Nothing was changed.",
        )
        assert len(tasks()) == 2

    def test_that_was_interrupted_too_often_ends(self, web: Any, page: Any) -> None:
        undo(web, page)
        with schema_context("alpha"):
            Import.objects.update(attempts=working.MAX_ATTEMPTS)
        work()
        assert kept().state == "done"
        assert "interrupted several times" in kept().error


class TestTheStaffsSide:
    FILE = (
        b"schema_name,name,domain,other_domains,plan,admin_name,admin_email\n"
        b"alpha,Alpha GmbH,first.example.com,second.example.com,basic,Ada,ada@alpha.example\n"
        b"gamma,Gamma,gamma.example.com,,basic,Gus,gus@gamma.example\n"
    )

    def domains(self) -> list[tuple[str, str, bool]]:
        found = Domain.objects.exclude(tenant__schema_name="public").order_by("domain")
        return list(found.values_list("tenant__schema_name", "domain", "is_primary"))

    def test_puts_clients_and_their_domains_back(
        self, staff_browser: Callable[..., Any], operator: User, alpha: Client
    ) -> None:
        browser = staff_browser(operator)
        before = self.domains()
        alpha_before = Client.objects.get(pk=alpha.pk).name
        file = self.FILE.replace(b"basic", alpha.plan.code.encode())
        file = file.replace(
            b"Ada,ada@alpha.example", f"{alpha.admin_name},{alpha.admin_email}".encode()
        )
        page = confirm(browser, upload(browser, file, "clients.csv", "/tenants/client/import/"))
        assert Client.objects.filter(schema_name="gamma").exists()
        assert self.domains() != before
        after = undo(browser, page)
        assert after.context["undone"]["left"] == []
        assert after.context["undone"]["kinds"] == [
            ("Removed", "2 domains, 1 client"),
            ("Put back", "1 client, 1 domain"),
        ]
        assert not Client.objects.filter(schema_name="gamma").exists()
        assert self.domains() == before
        assert Client.objects.get(pk=alpha.pk).name == alpha_before

    def test_leaves_the_addresses_of_a_client_that_it_leaves(
        self, staff_browser: Callable[..., Any], operator: User, alpha: Client
    ) -> None:
        browser = staff_browser(operator)
        file = (
            f"name,domain,other_domains,plan,admin_name,admin_email\n"
            f"Gamma,gamma.example.com,shop.gamma.example,{alpha.plan.code},Gus,gus@gamma.example\n"
            f"Delta,delta.example.com,shop.delta.example,{alpha.plan.code},Di,di@delta.example\n"
        )
        before = self.domains()
        page = confirm(
            browser, upload(browser, file.encode(), "clients.csv", "/tenants/client/import/")
        )
        gamma = Client.objects.get(schema_name="gamma")
        gamma.notes = "In use"
        gamma.save()
        after = undo(browser, page)
        left = {name: why for _kind, name, why in after.context["undone"]["left"]}
        assert left == {
            "Gamma": "edited since",
            "gamma.example.com": "in use elsewhere",
            "shop.gamma.example": "in use elsewhere",
        }
        stayed = [("gamma", "gamma.example.com", True), ("gamma", "shop.gamma.example", False)]
        assert self.domains() == sorted([*before, *stayed], key=lambda one: one[1])

    def test_leaves_a_client_with_a_schema_its_last_address(
        self, staff_browser: Callable[..., Any], operator: User, alpha: Client, draft: Client
    ) -> None:
        browser = staff_browser(operator)
        Domain.objects.filter(tenant__in=[alpha, draft]).delete()
        file = "domain,client\nnew.example.com,alpha\nother.example.com,{}\n"
        file = file.format(draft.schema_name).encode()
        page = confirm(browser, upload(browser, file, "domains.csv", "/tenants/domain/import/"))
        after = undo(browser, page)
        assert after.context["undone"]["left"] == [
            ("domain", "new.example.com", "in use elsewhere")
        ]
        assert not Domain.objects.filter(tenant=draft).exists()

    @pytest.mark.parametrize("missing", ["", "archive_client", "delete_domain"])
    def test_asks_for_the_rights_to_archive_clients_and_to_delete_domains(
        self,
        staff_browser: Callable[..., Any],
        operator: User,
        staff_operator: User,
        alpha: Client,
        missing: str,
    ) -> None:
        file = "name,domain,plan,admin_name,admin_email\n"
        file += f"Gamma,gamma.example.com,{alpha.plan.code},Gus,gus@gamma.example\n"
        browser = staff_browser(operator)
        upload_url = "/tenants/client/import/"
        page = confirm(browser, upload(browser, file.encode(), "clients.csv", upload_url))
        staff_operator.groups.get().permissions.remove(*rights("tenants", [missing]))
        other = staff_browser(staff_operator)
        assert ("Undo this import" in again(other, page).content.decode()) == (not missing)
        undo(other, page)
        assert Client.objects.filter(schema_name="gamma").exists() == bool(missing)
