"""The pages of import: the preview, and who may confirm which."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.models import LogEntry
from console.importing.models import Import
from console.importing.table import MAX_BYTES
from tenant_data.models import Project, Task
from tenants.models import Client

LIST = "/tenant_data/task/"
PAGE = f"{LIST}import/"
TASKS = b"reference,project,title\nWEB-1,Web,First\nWEB-2,Web,Second\n"


@pytest.fixture
def web(tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> Any:
    return tenant_browser(alpha, owner)


def upload(browser: Any, content: bytes = TASKS, name: str = "tasks.csv", page: str = PAGE) -> Any:
    """The page that comes after a file was chosen: that of its import, unless it was refused."""
    return browser.post(page, {"import_file": named(content, name)}, follow=True)


def confirm(browser: Any, page: Any, **answers: str) -> Any:
    """The page that comes after the preview was confirmed."""
    rows = "good" if page.context["import"].in_error else "all"
    url = page.context["confirm_url"]
    return browser.post(url, {"rows": rows, **answers}, follow=True)


def kept(schema: str = "alpha") -> Import:
    """The newest import."""
    with schema_context(schema):
        newest = Import.objects.first()
        assert newest is not None
        return newest


def named(content: bytes, name: str) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def tasks(schema: str = "alpha") -> list[str]:
    with schema_context(schema):
        return [str(task) for task in Task.objects.select_related("project")]


class TestPages:
    def test_say_what_a_file_may_have_and_offer_a_sample(self, web: Any) -> None:
        text = web.get(PAGE).content.decode()
        assert "reference" in text
        assert "required" in text
        sample = web.get(f"{PAGE}sample/")
        assert sample.content.decode("utf-8-sig").startswith("reference,project,title")
        assert upload(web, sample.content).context["import"].new == 2

    def test_a_file_that_is_more_than_a_request_may_have_is_refused_with_the_reason(
        self, web: Any, settings: Any
    ) -> None:
        settings.UPLOAD_MAX_BYTES = 20
        text = upload(web).content.decode()
        assert f"The file is larger than {MAX_BYTES >> 20} MB. Split it." in text
        assert "Choose a file." not in text
        assert "Choose a file." in web.post(PAGE, {}).content.decode()

    def test_a_preview_changes_nothing(self, web: Any) -> None:
        assert upload(web).context["import"].new == 2
        assert tasks() == []
        with schema_context("alpha"):
            assert not Project.objects.exists()
            assert not LogEntry.objects.filter(content_type__app_label="tenant_data").exists()

    def test_a_confirmed_preview_is_imported_and_each_row_is_in_the_history(
        self, web: Any, owner: User
    ) -> None:
        page = confirm(web, upload(web))
        assert "tasks.csv was imported" in page.content.decode()
        assert [count for _title, count, _class in page.context["totals"]] == ["2", "0", "0", "0"]
        assert tasks() == ["WEB-1 First", "WEB-2 Second"]
        with schema_context("alpha"):
            entries = LogEntry.objects.filter(content_type__app_label="tenant_data").order_by("pk")
            assert [entry.object_repr for entry in entries] == ["WEB · Web", *tasks()]
            assert {entry.actor_email for entry in entries} == {owner.email}
            assert {entry.cid for entry in entries} == {kept().cid}

    def test_the_history_says_by_which_import(self, web: Any) -> None:
        page = confirm(web, upload(web))
        log = web.get("/history/logentry/").content.decode()
        link = f'href="{page.request["PATH_INFO"]}">by the import of tasks.csv</a>'
        assert link in log
        with schema_context("alpha"):
            entry = LogEntry.objects.filter(cid=kept().cid).first()
            assert entry is not None
        assert link in web.get(f"/history/logentry/{entry.pk}/change/").content.decode()

    def test_the_file_is_gone_after_it_was_confirmed_or_cancelled(
        self, web: Any, imports_folder: Path
    ) -> None:
        confirm(web, upload(web))
        assert not list((imports_folder / "alpha").iterdir())
        with schema_context("alpha"):
            Task.objects.all().delete()
        page = upload(web)
        assert f'formaction="{page.context["cancel_url"]}"' in page.content.decode()
        page = web.post(page.context["cancel_url"], follow=True)
        assert "It was cancelled. Nothing was changed." in page.content.decode()
        assert not list((imports_folder / "alpha").iterdir())
        assert tasks() == []

    def test_a_file_with_nothing_but_errors_cannot_be_confirmed(self, web: Any) -> None:
        page = upload(web, b"reference,title\nx,y\n")
        assert "is not a reference such as WEB-12" in page.content.decode()
        assert not page.context["may_confirm"]
        assert "cannot be confirmed" in said(confirm(web, page))

    def test_what_is_no_table_is_not_kept(self, web: Any, imports_folder: Path) -> None:
        assert "neither a CSV" in upload(web, b"%PDF-1.7\n").content.decode()
        assert not list((imports_folder / "alpha").iterdir())
        with schema_context("alpha"):
            assert not Import.objects.exists()

    def test_a_file_that_changes_nothing_cannot_be_confirmed(self, web: Any) -> None:
        confirm(web, upload(web))
        page = upload(web)
        assert not page.context["may_confirm"]
        assert "nothing to import" in page.content.decode()

    def test_a_row_that_went_wrong_since_the_preview_stops_all(self, web: Any) -> None:
        content = b"reference,title,assignee\nWEB-1,First,ada@x.example\nWEB-2,Second,\n"
        with schema_context("alpha"):
            User.objects.create_user("ada@x.example")
        page = upload(web, content)
        with schema_context("alpha"):
            User.objects.filter(email="ada@x.example").delete()
        page = confirm(web, page)
        assert "The data has changed" in page.content.decode()
        assert (page.context["import"].state, page.context["import"].in_error) == ("ready", 1)
        assert tasks() == []

    def test_unknown_columns_are_named(self, web: Any) -> None:
        text = upload(web, b"reference,title,sprint\nWEB-1,x,7\n").content.decode()
        assert "“sprint” is not known here and is not imported" in text

    def test_the_page_does_not_grow_with_the_file(self, web: Any) -> None:
        def size(rows: int, title: str) -> int:
            lines = (f"WEB-{n},{title},{n}" for n in range(1, rows + 1))
            page = upload(web, "\n".join(["reference,title,status", *lines]).encode())
            return len(page.content)

        # Of the values that nobody knows, a hundred are listed.
        assert size(900, "x" * 500) < size(150, "x" * 500) + 1000
        assert size(3000, "x") < 250_000

    def test_what_is_in_the_file_is_not_markup(self, web: Any) -> None:
        content = b"reference,title,status,<i>c</i>\nWEB-1,<script>x</script>,<b>s</b>,\n"
        text = upload(web, content, "<u>f</u>.csv").content.decode()
        assert not re.search("<script>x|<b>s|<i>c|<u>f", text)

    def test_no_file_at_all_is_said_so(self, web: Any) -> None:
        assert "Choose a file" in web.post(PAGE).context["form"].errors["import_file"][0]


class TestConfirmation:
    """Only the person who saw a preview can confirm it: once, soon, and as it was."""

    REFUSED = "This cannot be confirmed any more"

    def refused(self, browser: Any, page: Any) -> None:
        assert self.REFUSED in said(confirm(browser, page))

    def test_not_twice(self, web: Any) -> None:
        page = upload(web)
        confirm(web, page)
        self.refused(web, page)
        assert len(tasks()) == 2

    def test_not_by_another_user_who_may_look(
        self, web: Any, tenant_browser: Any, alpha: Client, owner: User
    ) -> None:
        page = upload(web)
        with schema_context("alpha"):
            other = User.objects.create_superuser("other@alpha.example", "pw")
        browser = tenant_browser(alpha, other)
        seen = browser.get(page.request["PATH_INFO"])
        assert f"Only {owner.email} can confirm it." in seen.content.decode()
        assert page.context["confirm_url"] not in seen.content.decode()
        self.refused(browser, page)
        for url in ("read_url", "cancel_url"):
            assert said(browser.post(page.context[url], follow=True))
        assert kept().state == "ready"
        assert tasks() == []

    def test_not_as_another_model(self, web: Any) -> None:
        page = upload(web, b"key,name\nWEB,Web\n", page="/tenant_data/project/import/")
        for name in ("confirm_url", "cancel_url", "read_url", "live_url", "faulty_url"):
            url = page.context[name].replace("project", "task")
            assert web.post(url, {"rows": "all"}).status_code in (200, 404)
        assert web.get(page.request["PATH_INFO"].replace("project", "task")).status_code == 404
        assert kept().state == "ready"

    def test_not_after_a_day(self, web: Any) -> None:
        page = upload(web)
        with schema_context("alpha"):
            Import.objects.update(created_at=timezone.now() - timedelta(hours=25))
        self.refused(web, page)
        assert tasks() == []

    def test_not_when_the_file_was_changed(self, web: Any, imports_folder: Path) -> None:
        page = upload(web)
        (path,) = (imports_folder / "alpha").iterdir()
        path.write_bytes(TASKS.replace(b"First", b"Other"))
        self.refused(web, page)
        assert tasks() == []

    @pytest.mark.parametrize("rows", ["", "none", "good"])
    def test_not_with_another_answer(self, web: Any, rows: str) -> None:
        page = upload(web)
        web.post(page.context["confirm_url"], {"rows": rows})
        assert (kept().state, tasks()) == ("ready", [])

    def test_not_without_a_post(self, web: Any) -> None:
        page = upload(web)
        for name in ("confirm_url", "cancel_url", "read_url"):
            assert web.get(page.context[name], {"rows": "all"}).status_code == 302
        assert (kept().state, tasks()) == ("ready", [])


class TestRights:
    @pytest.mark.parametrize("missing", ["import_task", "add_task", "change_task"])
    def test_importing_needs_three(self, tenant_browser: Any, alpha: Client, missing: str) -> None:
        rights = ["view_task", "import_task", "add_task", "change_task", "add_project"]
        with schema_context("alpha"):
            user = User.objects.create_user("im@alpha.example", "pw", is_staff=True)
            user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        browser = tenant_browser(alpha, user)
        assert browser.get(PAGE).status_code == 200
        page = upload(browser)
        assert browser.get("/importing/import/").status_code == 200
        with schema_context("alpha"):
            user.user_permissions.remove(Permission.objects.get(codename=missing))
        assert browser.get(PAGE).status_code == 403
        assert upload(browser).status_code == 403
        assert browser.get(f"{PAGE}sample/").status_code == 403
        assert browser.get(page.request["PATH_INFO"]).status_code == 403
        assert browser.get("/importing/import/").status_code == 403
        for name in ("confirm_url", "cancel_url", "read_url", "live_url", "faulty_url"):
            assert browser.post(page.context[name], {"rows": "all"}).status_code == 403
        assert PAGE not in browser.get(LIST).content.decode()
        assert tasks() == []

    @pytest.mark.parametrize("missing", ["export_task", "view_task"])
    def test_exporting_needs_two(self, tenant_browser: Any, alpha: Client, missing: str) -> None:
        rights = ["view_task", "export_task", "add_task"]
        with schema_context("alpha"):
            user = User.objects.create_user("ex@alpha.example", "pw", is_staff=True)
            user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        browser = tenant_browser(alpha, user)
        assert browser.get(f"{LIST}export/").status_code == 200
        with schema_context("alpha"):
            user.user_permissions.remove(Permission.objects.get(codename=missing))
        assert browser.get(f"{LIST}export/").status_code == 403
        assert browser.post(f"{LIST}export/", {"format": "0"}).status_code == 403

    def test_nobody_without_a_session(self, tenant_browser: Any, alpha: Client) -> None:
        for page in (PAGE, f"{PAGE}sample/", f"{PAGE}1/", f"{PAGE}1/confirm/", f"{LIST}export/"):
            assert tenant_browser(alpha).post(page).status_code == 302
