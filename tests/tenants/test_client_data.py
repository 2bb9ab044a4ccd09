"""Staff import a client's own data for it, from the client's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.models import LogEntry
from console.importing import keeping, working
from console.importing.models import Import
from tenant_data.models import Task
from tenants.models import Client, Plan
from tenants.operations.lifecycle import archive, suspend
from tests.tenants.operating import make_behind

TASKS = b"reference,project,title\nWEB-1,Web,First\nWEB-2,Web,Second\n"


@pytest.fixture
def web(staff_browser: Callable[..., Any], staff_operator: User) -> Any:
    return staff_browser(staff_operator)


def start(client: Client, model: str = "task") -> str:
    return f"/tenants/client/{client.pk}/import-data/{model}/"


def upload(web: Any, client: Client, content: bytes = TASKS, model: str = "task") -> Any:
    file = SimpleUploadedFile("tasks.csv", content)
    return web.post(start(client, model), {"import_file": file}, follow=True)


def confirm(web: Any, page: Any) -> Any:
    return web.post(page.context["confirm_url"], {"rows": "all"}, follow=True)


def tasks(schema: str) -> list[str]:
    with schema_context(schema):
        return [f"{task.reference} {task.title}" for task in Task.objects.order_by("number")]


def kept(schema: str) -> list[Import]:
    with schema_context(schema):
        return list(Import.objects.all())


class TestImporting:
    def test_begins_on_the_clients_page(self, web: Any, alpha: Client) -> None:
        Plan.objects.filter(pk=alpha.plan_id).update(features=["customers"])
        page = web.get(f"/tenants/client/{alpha.pk}/change/").content.decode()
        assert f"/tenants/client/{alpha.pk}/import-data" in page
        text = web.get(f"/tenants/client/{alpha.pk}/import-data/").content.decode()
        for model in ("customer", "project", "milestone", "label", "task"):
            assert f'href="{start(alpha, model)}"' in text

    def test_shows_a_preview_and_writes_what_is_confirmed(
        self, web: Any, alpha: Client, staff_operator: User, imports_folder: Path
    ) -> None:
        page = upload(web, alpha)
        assert "Preview of tasks.csv" in page.content.decode()
        assert tasks("alpha") == []
        assert [path.parent.name for path in imports_folder.rglob("*") if path.is_file()] == [
            "alpha"
        ]
        done = confirm(web, page).content.decode()
        assert "tasks.csv was imported" in done
        assert "To the client" in done
        assert tasks("alpha") == ["WEB-1 First", "WEB-2 Second"]
        [import_] = kept("alpha")
        assert (import_.by_provider, import_.requested_by) == (True, None)
        assert import_.requested_by_email == staff_operator.email
        assert kept("public") == []

    def test_can_be_read_and_mapped_otherwise_and_cancelled(self, web: Any, alpha: Client) -> None:
        page = upload(web, alpha, b"No;Text\nWEB-1;First\n")
        page = web.post(
            page.context["map_url"],
            dict(mapped(page, {"no": "reference", "text": "title"})),
            follow=True,
        )
        assert page.context["import"].new == 1
        page = web.post(page.context["read_url"], {"delimiter": ";"}, follow=True)
        page = web.post(page.context["cancel_url"], follow=True)
        assert "It was cancelled." in page.content.decode()
        assert tasks("alpha") == []

    def test_offers_a_sample_and_the_rows_in_error(self, web: Any, alpha: Client) -> None:
        assert b"reference" in web.get(f"{start(alpha)}sample/").content
        page = upload(web, alpha, b"reference,title,status\nWEB-1,First,nowhere\n")
        faulty = web.get(page.context["faulty_url"])
        assert b"nowhere" in b"".join(faulty.streaming_content)

    def test_is_told_to_both_sides(
        self, web: Any, alpha: Client, staff_operator: User, tenant_browser: Any, owner: User
    ) -> None:
        confirm(web, upload(web, alpha))
        entry = LogEntry.objects.get(event="data_imported")
        assert entry.actor == staff_operator
        history = web.get(f"/tenants/client/{alpha.pk}/history/", follow=True).content.decode()
        assert "Imported tasks from tasks.csv: 2 new, 0 changed" in history
        [import_] = kept("alpha")
        with schema_context("alpha"):
            entries = list(LogEntry.objects.filter(cid=import_.cid))
        assert {entry.actor_email or "" for entry in entries} == {""}
        theirs = tenant_browser(alpha, owner)
        text = theirs.get("/importing/import/").content.decode()
        assert "your provider" in text
        assert staff_operator.email not in text

    def test_is_found_by_the_company_by_its_file_and_never_by_whose_it_is(
        self, web: Any, alpha: Client, staff_operator: User, tenant_browser: Any, owner: User
    ) -> None:
        confirm(web, upload(web, alpha))
        theirs = tenant_browser(alpha, owner)
        file = SimpleUploadedFile("own.csv", TASKS)
        theirs.post("/tenant_data/task/import/", {"import_file": file})

        def found(**asked: str) -> list[str]:
            page = theirs.get("/importing/import/", asked)
            return [import_.file_name for import_ in page.context["cl"].result_list]

        assert found(q="tasks") == ["tasks.csv"]
        assert found(q=owner.email) == ["own.csv"]
        assert found(q=staff_operator.email) == found(q=staff_operator.email[:3]) == []
        # Its place in the order of people says nothing of the address either.
        assert found(o="3") == ["tasks.csv", "own.csv"]
        assert found(o="-3") == ["own.csv", "tasks.csv"]

    def test_is_undone_by_the_company_alone(
        self, web: Any, alpha: Client, tenant_browser: Any, owner: User
    ) -> None:
        page = upload(web, alpha)
        assert "can undo" not in page.content.decode()
        text = confirm(web, page).content.decode()
        assert "Undo" not in text
        assert f"{alpha.name} can undo this import, under “Imports” on its own pages." in text
        [import_] = kept("alpha")
        web.post(f"{start(alpha)}{import_.pk}/undo/")
        assert (len(tasks("alpha")), kept("alpha")[0].state) == (2, "done")
        theirs = tenant_browser(alpha, owner)
        theirs.post(f"/tenant_data/task/import/{import_.pk}/undo/")
        assert (tasks("alpha"), kept("alpha")[0].state) == ([], "undone")
        assert "can undo" not in web.get(f"{start(alpha)}{import_.pk}/").content.decode()

    def test_leaves_the_confirmation_to_who_brought_it(
        self, web: Any, alpha: Client, tenant_browser: Any, owner: User, imports_folder: Path
    ) -> None:
        upload(web, alpha)
        [import_] = kept("alpha")
        theirs = tenant_browser(alpha, owner)
        page = f"/tenant_data/task/import/{import_.pk}/"
        assert "Only your provider can confirm it." in theirs.get(page).content.decode()
        theirs.post(f"{page}confirm/", {"rows": "all"})
        theirs.post(f"{page}cancel/")
        assert (tasks("alpha"), kept("alpha")[0].state) == ([], "ready")

    def test_works_for_a_suspended_client_by_a_job_as_well(
        self, web: Any, alpha: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        suspend(alpha, acting_user=None)
        monkeypatch.setattr(keeping, "SMALL", 10)
        page = upload(web, alpha)
        [import_] = kept("alpha")
        assert import_.state == "uploaded"
        assert page.context["import"].is_at_work
        working.work("alpha", import_.pk)
        page = web.get(f"{start(alpha)}{import_.pk}/")
        confirm(web, page)
        working.work("alpha", import_.pk)
        assert tasks("alpha") == ["WEB-1 First", "WEB-2 Second"]
        assert LogEntry.objects.filter(event="data_imported").count() == 1


def mapped(page: Any, wanted: dict[str, str]) -> Any:
    """The fields of the form for columns, with these chosen."""
    form = page.context["mapping_form"]
    for row in form.column_rows():
        yield row["is"].html_name, wanted.get(row["heading"], "")


class TestRefusals:
    def test_of_those_without_the_right(
        self, alpha: Client, staff_browser: Any, staff_viewer: User
    ) -> None:
        web = staff_browser(staff_viewer)
        assert "import-data" not in web.get(f"/tenants/client/{alpha.pk}/change/").content.decode()
        assert web.get(f"/tenants/client/{alpha.pk}/import-data/").status_code == 403
        assert upload(web, alpha).status_code == 403
        assert kept("alpha") == []

    def test_of_who_lost_the_right_before_the_worker_had_it(
        self, web: Any, alpha: Client, staff_operator: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page = upload(web, alpha)
        monkeypatch.setattr(keeping, "SMALL", 10)
        confirm(web, page)
        staff_operator.groups.clear()
        [import_] = kept("alpha")
        working.work("alpha", import_.pk)
        assert (tasks("alpha"), kept("alpha")[0].state) == ([], "failed")

    @pytest.mark.parametrize("close", ["archive", "behind", "draft"])
    def test_of_a_schema_that_takes_nothing(
        self, web: Any, alpha: Client, draft: Client, close: str
    ) -> None:
        client = draft if close == "draft" else alpha
        if close == "archive":
            archive(alpha, removal_on=date(2999, 1, 1), acting_user=None)
        elif close == "behind":
            make_behind("alpha")
        page = upload(web, client)
        assert page.redirect_chain[-1][0] == f"/tenants/client/{client.pk}/change/"
        assert "import-data" not in page.content.decode()

    def test_of_the_console_itself_and_of_other_models(self, web: Any, alpha: Client) -> None:
        public = Client.objects.get(schema_name="public")
        assert upload(web, public).status_code == 404
        assert upload(web, alpha, model="comment").status_code == 404
        assert upload(web, alpha, model="user").status_code == 404
        assert kept("public") == []

    def test_of_what_the_plan_does_not_have(self, web: Any, alpha: Client) -> None:
        Plan.objects.filter(pk=alpha.plan_id).update(features=[], max_tasks=1)
        text = web.get(f"/tenants/client/{alpha.pk}/import-data/").content.decode()
        assert start(alpha, "customer") not in text
        assert upload(web, alpha, b"name\nAcme\n", "customer").redirect_chain
        assert "allows 1 task" in upload(web, alpha).content.decode()


class TestTheBoundary:
    """Numbers of an address lead to what is that person's, in that client's schema; nowhere
    else."""

    @pytest.fixture
    def of_beta(self, staff_browser: Any, operator: User, beta: Client) -> Import:
        upload(staff_browser(operator), beta)
        return kept("beta")[0]

    PAGES = ("", "live/", "read/", "map/", "confirm/", "cancel/", "faulty/")

    def test_is_the_client_of_the_address(
        self, staff_browser: Any, operator: User, alpha: Client, of_beta: Import
    ) -> None:
        """The very person who brought it finds it in no other client."""
        web = staff_browser(operator)
        for page in self.PAGES:
            address = f"{start(alpha)}{of_beta.pk}/{page}"
            assert web.get(address).status_code == 404, page
            assert web.post(address, {"rows": "all"}).status_code == 404, page
        assert (kept("beta")[0].state, tasks("alpha"), tasks("beta")) == ("ready", [], [])

    def test_is_who_brought_it(
        self, web: Any, alpha: Client, beta: Client, of_beta: Import
    ) -> None:
        for page in self.PAGES:
            address = f"{start(beta)}{of_beta.pk}/{page}"
            assert web.get(address).status_code == 404, page
            assert web.post(address, {"rows": "all"}).status_code == 404, page
        assert (kept("beta")[0].state, tasks("beta")) == ("ready", [])

    def test_hides_what_the_company_imports_itself(
        self, web: Any, alpha: Client, tenant_browser: Any, owner: User
    ) -> None:
        theirs = tenant_browser(alpha, owner)
        file = SimpleUploadedFile("theirs.csv", TASKS)
        page = theirs.post("/tenant_data/task/import/", {"import_file": file}, follow=True)
        [import_] = kept("alpha")
        assert web.get(f"{start(alpha)}{import_.pk}/").status_code == 404
        theirs.post(page.context["confirm_url"], {"rows": "all"})
        # The same file again: that it was imported is said, and neither by whom nor where.
        text = upload(web, alpha).content.decode()
        assert owner.email not in text
        assert "See that import" not in text

    def test_takes_nobody_of_the_company_for_staff_of_the_same_address(
        self, web: Any, alpha: Client, staff_operator: User, tenant_browser: Any
    ) -> None:
        upload(web, alpha)
        [import_] = kept("alpha")
        with schema_context("alpha"):
            twin = User.objects.create_superuser(staff_operator.email, "pw", name="Twin")
        theirs = tenant_browser(alpha, twin)
        theirs.post(f"/tenant_data/task/import/{import_.pk}/confirm/", {"rows": "all"})
        assert (tasks("alpha"), kept("alpha")[0].state) == ([], "ready")

    def test_is_the_role_of_the_schema(self, web_login: Any, web: Any, alpha: Client) -> None:
        """As the login that serves pages, which has no right in a company's schema by itself."""
        confirm(web, upload(web, alpha))
        assert len(tasks("alpha")) == 2
