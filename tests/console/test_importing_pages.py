"""The pages of import and export: the preview, who may confirm which, and what comes out."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import signing
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.models import LogEntry
from console.importing import tokens
from console.importing.files import read_table
from tenant_data.models import Project, Task
from tenants.models import Client

LIST = "/tenant_data/task/"
PAGE = f"{LIST}import/"
CONFIRM = f"{LIST}process_import/"
TASKS = b"reference,project,title\nWEB-1,Web,First\nWEB-2,Web,Second\n"


@pytest.fixture
def web(tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> Any:
    return tenant_browser(alpha, owner)


def upload(browser: Any, content: bytes = TASKS, name: str = "tasks.csv", page: str = PAGE) -> Any:
    return browser.post(
        page, {"import_file": io.BytesIO(content) if not name else named(content, name)}
    )


def named(content: bytes, name: str) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


def token_of(response: Any) -> str:
    return response.context["confirm_form"].initial["token"]


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
        assert upload(web, sample.content).context["result"].new == 2

    def test_a_file_that_is_more_than_a_request_may_have_is_refused_with_the_reason(
        self, web: Any, settings: Any
    ) -> None:
        settings.UPLOAD_MAX_BYTES = 20
        text = upload(web).content.decode()
        assert "The file is larger than 50 MB. Split it." in text
        assert "Choose a file." not in text
        assert "Choose a file." in web.post(PAGE, {}).content.decode()

    def test_a_preview_changes_nothing(self, web: Any) -> None:
        response = upload(web)
        assert response.context["result"].new == 2
        assert tasks() == []
        with schema_context("alpha"):
            assert not Project.objects.exists()
            assert not LogEntry.objects.filter(content_type__app_label="tenant_data").exists()

    def test_a_confirmed_preview_is_imported_and_each_row_is_in_the_history(
        self, web: Any, owner: User
    ) -> None:
        token = token_of(upload(web))
        response = web.post(CONFIRM, {"token": token}, follow=True)
        assert "Imported tasks.csv: 2 new, 0 changed, 0 unchanged" in said(response)
        assert tasks() == ["WEB-1 First", "WEB-2 Second"]
        with schema_context("alpha"):
            entries = LogEntry.objects.filter(content_type__app_label="tenant_data").order_by("pk")
            assert [entry.object_repr for entry in entries] == ["WEB · Web", *tasks()]
            assert {entry.actor_email for entry in entries} == {owner.email}

    def test_the_file_is_gone_after_it_was_confirmed_or_cancelled(
        self, web: Any, imports_folder: Path
    ) -> None:
        web.post(CONFIRM, {"token": token_of(upload(web))})
        assert not list((imports_folder / "alpha").iterdir())
        with schema_context("alpha"):
            Task.objects.all().delete()
        response = web.post(CONFIRM, {"token": token_of(upload(web)), "cancel": "1"}, follow=True)
        assert "cancelled" in said(response)
        assert not list((imports_folder / "alpha").iterdir())
        assert tasks() == []

    def test_a_file_with_an_error_cannot_be_confirmed(self, web: Any) -> None:
        response = upload(web, b"reference,title\nx,y\n")
        assert "is not a reference such as WEB-12" in response.content.decode()
        assert response.context["confirm_form"] is None

    def test_what_is_no_table_is_not_kept(self, web: Any, imports_folder: Path) -> None:
        assert "neither a CSV" in upload(web, b"%PDF-1.7\n").content.decode()
        assert not imports_folder.exists()

    def test_a_file_that_changes_nothing_cannot_be_confirmed(self, web: Any) -> None:
        web.post(CONFIRM, {"token": token_of(upload(web))})
        response = upload(web)
        assert response.context["confirm_form"] is None
        assert "nothing to import" in response.content.decode()

    def test_a_row_that_went_wrong_since_the_preview_stops_all(self, web: Any) -> None:
        content = b"reference,title,assignee\nWEB-1,First,ada@x.example\nWEB-2,Second,\n"
        with schema_context("alpha"):
            User.objects.create_user("ada@x.example")
        token = token_of(upload(web, content))
        with schema_context("alpha"):
            User.objects.filter(email="ada@x.example").delete()
        assert "The data has changed" in web.post(CONFIRM, {"token": token}).content.decode()
        assert tasks() == []

    def test_unknown_columns_are_named(self, web: Any) -> None:
        text = upload(web, b"reference,title,sprint\nWEB-1,x,7\n").content.decode()
        assert "“sprint” is not known here and will not be imported" in text

    def test_the_page_does_not_grow_with_the_file(self, web: Any) -> None:
        def size(rows: int, title: str) -> int:
            lines = (f"WEB-{n},{title},{n}" for n in range(1, rows + 1))
            return len(upload(web, "\n".join(["reference,title,status", *lines]).encode()).content)

        assert size(3000, "x" * 500) < size(50, "x" * 500) + 1000
        assert size(3000, "x") < 120_000

    def test_what_is_in_the_file_is_not_markup(self, web: Any) -> None:
        content = b"reference,title,status,<i>c</i>\nWEB-1,<script>x</script>,<b>s</b>,\n"
        text = upload(web, content, "<u>f</u>.csv").content.decode()
        assert not re.search("<script>x|<b>s|<i>c|<u>f", text)

    def test_no_file_at_all_is_said_so(self, web: Any) -> None:
        assert "Choose a file" in web.post(PAGE).context["form"].errors["import_file"][0]


class TestConfirmation:
    """Only the person who saw a preview can confirm it: once, soon, and as it was."""

    REFUSED = "That preview cannot be confirmed any more"

    def refused(self, browser: Any, token: str) -> None:
        response = browser.post(CONFIRM, {"token": token}, follow=True)
        assert response.redirect_chain == [(PAGE, 302)]
        assert self.REFUSED in said(response)

    def test_not_twice(self, web: Any) -> None:
        token = token_of(upload(web))
        web.post(CONFIRM, {"token": token})
        self.refused(web, token)
        assert len(tasks()) == 2

    def test_not_by_another_user(self, web: Any, tenant_browser: Any, alpha: Client) -> None:
        token = token_of(upload(web))
        with schema_context("alpha"):
            other = User.objects.create_superuser("other@alpha.example", "pw")
        self.refused(tenant_browser(alpha, other), token)
        assert tasks() == []

    def test_not_for_another_model(self, web: Any) -> None:
        token = token_of(upload(web, b"key,name\nWEB,Web\n", page="/tenant_data/project/import/"))
        self.refused(web, token)

    def test_not_after_an_hour(self, web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        token = token_of(upload(web))
        monkeypatch.setattr(tokens, "MAX_AGE", -1)
        self.refused(web, token)

    @pytest.mark.parametrize("change", ["stored_as", "digest", "format", "resource"])
    def test_not_with_a_ticket_that_says_something_else(self, web: Any, change: str) -> None:
        signer = signing.TimestampSigner(salt=tokens.SALT)
        ticket = signer.unsign_object(token_of(upload(web)))
        self.refused(web, signer.sign_object({**ticket, change: "../public/secret"}))
        assert tasks() == []

    @pytest.mark.parametrize("token", ["", "x", "a:b:c", "../../etc/passwd", "x" * 5000])
    def test_not_with_anything_else(self, web: Any, token: str) -> None:
        self.refused(web, token)

    def test_not_with_a_token_signed_for_something_else(self, web: Any) -> None:
        ticket = signing.TimestampSigner(salt=tokens.SALT).unsign_object(token_of(upload(web)))
        self.refused(web, signing.TimestampSigner(salt="other").sign_object(ticket))

    def test_not_when_the_file_was_changed(self, web: Any, imports_folder: Path) -> None:
        token = token_of(upload(web))
        (path,) = (imports_folder / "alpha").iterdir()
        path.write_bytes(TASKS.replace(b"First", b"Other"))
        self.refused(web, token)
        assert tasks() == []

    def test_not_without_a_post(self, web: Any) -> None:
        assert web.get(CONFIRM).status_code == 405


class TestRights:
    @pytest.mark.parametrize("missing", ["import_task", "add_task", "change_task"])
    def test_importing_needs_three(self, tenant_browser: Any, alpha: Client, missing: str) -> None:
        rights = ["view_task", "import_task", "add_task", "change_task", "add_project"]
        with schema_context("alpha"):
            user = User.objects.create_user("im@alpha.example", "pw", is_staff=True)
            user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        browser = tenant_browser(alpha, user)
        assert browser.get(PAGE).status_code == 200
        token = token_of(upload(browser))
        with schema_context("alpha"):
            user.user_permissions.remove(Permission.objects.get(codename=missing))
        assert browser.get(PAGE).status_code == 403
        assert upload(browser).status_code == 403
        assert browser.get(f"{PAGE}sample/").status_code == 403
        assert browser.post(CONFIRM, {"token": token}).status_code == 403
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
        for page in (PAGE, CONFIRM, f"{PAGE}sample/", f"{LIST}export/"):
            assert tenant_browser(alpha).post(page).status_code == 302


class TestExport:
    @pytest.mark.parametrize("number", ["0", "1"])
    def test_comes_back_unchanged(self, web: Any, number: str) -> None:
        content = (
            "reference,project,title,description,status,priority,due_on\n"
            'WEB-10,Web,=1+1,"a\nb; ""c""",done,urgent,2026-11-22\n'
            "WEB-9,Web,Zoë's -1,,in review,low,\n"
        )
        web.post(CONFIRM, {"token": token_of(upload(web, content.encode()))})
        with schema_context("alpha"):
            Task.objects.filter(number=9).update(description="as\r\nbrowsers send it")
        response = web.post(f"{LIST}export/", {"format": number, "resource": "0"})
        assert re.search(
            r'alpha-tasks-\d{4}-\d\d-\d\d\.(csv|xlsx)"', response["Content-Disposition"]
        )
        assert [row[0] for row in read_table(response.content)] == ["WEB-9", "WEB-10"]
        result = upload(web, response.content).context["result"]
        assert (result.new, result.changed, result.unchanged) == (0, 0, 2)

    def test_has_the_rows_of_the_filtered_list(self, web: Any) -> None:
        web.post(CONFIRM, {"token": token_of(upload(web))})
        response = web.post(f"{LIST}export/?q=second", {"format": "0", "resource": "0"})
        assert [row[0] for row in read_table(response.content)] == ["WEB-2"]
