"""Files: what is read, what is refused and how it is said; and who may confirm which preview."""

from __future__ import annotations

import io
import os
import re
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core import signing
from django.core.exceptions import ValidationError
from django.test import Client as HttpClient
from django_tenants.utils import schema_context
from openpyxl import Workbook, load_workbook
from tablib import Dataset

from console.accounts.models import User
from console.importing import storage, tokens
from console.importing.exceptions import FileError
from console.importing.files import read_table
from console.importing.formats import CSV, XLSX
from console.importing.results import ImportResult
from console.importing.table import escape_formula, unescape_formula
from tenant_data.models import Project, Task
from tenants.models import Client

LIST = "/tenant_data/task/"
PAGE = f"{LIST}import/"
CONFIRM = f"{LIST}process_import/"
TASKS = b"reference,project,title\nWEB-1,Web,First\nWEB-2,Web,Second\n"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """The imports' storage, in a folder of the test's own."""
    options = {"location": tmp_path / "imports"}
    entry = {**settings.STORAGES["imports"], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "imports": entry}
    return options["location"]


def workbook(*rows: list[Any]) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def rewritten(change: Callable[[str, bytes], bytes]) -> bytes:
    """A workbook whose parts were changed by hand."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["a"], ["b"]))) as old,
        zipfile.ZipFile(content, "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return content.getvalue()


class TestReading:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_finds_the_delimiter(self, delimiter: str) -> None:
        text = 'reference,title\nWEB-1,"a, b; c\td"\n'.replace("e,t", f"e{delimiter}t")
        table = read_table(text.replace("1,", f"1{delimiter}").encode())
        assert table.headers == ["reference", "title"]
        assert table[0] == ("WEB-1", "a, b; c\td")

    def test_knows_the_line_on_which_a_row_begins(self) -> None:
        table = read_table(b'key,text\r\n\r\nA,"one\r\ntwo"\r\n,\r\nB,x\r\n')
        assert table.lines == [3, 6]
        assert table[0][1] == "one\r\ntwo"

    def test_takes_a_byte_order_mark_and_headings_as_people_write_them(self) -> None:
        assert read_table("\ufeffDue On, Title \na,b\n".encode()).headers == ["due_on", "title"]

    def test_reads_a_sheet_as_text(self) -> None:
        table = read_table(workbook(["key", "day", "n", "x"], [], ["A", date(2026, 11, 22), 12.0]))
        assert (table.headers, table[0]) == (
            ["key", "day", "n", "x"],
            ("A", "2026-11-22", "12", ""),
        )
        assert table.lines == [3]

    def test_goes_by_the_content_whatever_the_name(self, client: HttpClient) -> None:
        assert read_table(workbook(["a"], ["b"])).headers == ["a"]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "The file is empty"),
            (b"\n \n", "The file is empty"),
            (b"a,b\n", "no rows below"),
            (b"a,b\n1,2,3\n", "Line 2 has 3 cells where the header has 2"),
            (b"a,b\n1\n1,2\n1\n", "Line 2 has 1 cell where .* has 2. The same is wrong on: 4"),
            (b"a,,b\n1,2,3\n", "Column 2 has no heading"),
            (b"a,A\n1,2\n", "more than one column"),
            (b'a,b\n1,"2\n', "Line 2 cannot be read as CSV"),
            (b'a,b\n1,"2" x\n', "Line 2 cannot be read as CSV"),
            (b"a,b\n1," + b"x" * 200_000, "cannot be read|far too long"),
            ("a\nZoë\n".encode("latin-1"), "not in UTF-8"),
            ("a\nZoë\n".encode("utf-16"), "not in UTF-8"),
            (b"\x7fELF\x00\x01", "neither a CSV nor an Excel file"),
            (b"%PDF-1.7\n", "neither a CSV nor an Excel file"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel file"),
            (b"PK\x03\x04 and nothing", "damaged"),
            (workbook(["a"], ["b"])[:-300], "damaged"),
            (b"a" * (21 * 1024 * 1024), "larger than 20 MB"),
            (",".join(f"c{n}" for n in range(101)).encode() + b"\n", "more than 100 columns"),
            (b"a\n" + b"1\n" * 50_001, "more than 50000 rows"),
        ],
    )  # fmt: skip
    def test_refuses_in_one_line(self, content: bytes, said: str) -> None:
        with pytest.raises(FileError, match=said) as refusal:
            read_table(content)
        assert "\n" not in str(refusal.value)

    @pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
    def test_refuses_a_workbook_with_a_damaged_part(self, part: str) -> None:
        with pytest.raises(FileError, match="damaged"):
            read_table(rewritten(lambda name, content: b"<x" if name == part else content))

    def test_refuses_a_zip_of_another_kind_and_one_that_unpacks_to_too_much(self) -> None:
        other, bomb = io.BytesIO(), io.BytesIO()
        with zipfile.ZipFile(other, "w") as archive:
            archive.writestr("word/document.xml", "<w/>")
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", b" " * (201 * 1024 * 1024))
        with pytest.raises(FileError, match="neither"):
            read_table(other.getvalue())
        with pytest.raises(FileError, match="unpacks to far too much"):
            read_table(bomb.getvalue())

    def test_refuses_a_sheet_whose_rows_are_numbered_beyond_excel(self) -> None:
        far = rewritten(lambda name, content: content.replace(b'r="2"', b'r="999999999"'))
        with pytest.raises(FileError):
            read_table(far)


class TestFormulas:
    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "'=x", "''-x", "'x", "x=1"])
    def test_come_back_as_they_were(self, text: str) -> None:
        assert unescape_formula(escape_formula(text)) == text

    @pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@sum", "\t=1"])
    @pytest.mark.parametrize("kind", [CSV, XLSX])
    def test_are_not_run_by_a_spreadsheet(self, kind: Any, text: str) -> None:
        content = kind().export_data(Dataset([text], headers=["a"]))
        if kind is CSV:
            assert content.decode("utf-8-sig").splitlines()[1].strip('"').startswith("'")
        else:
            cell = load_workbook(io.BytesIO(content)).active["A2"]
            assert (cell.data_type, cell.value) == ("s", f"'{text}")


class TestStorage:
    def test_is_a_folder_for_each_schema_that_nobody_else_can_read(
        self, alpha: Client, folder: Path
    ) -> None:
        with schema_context("alpha"):
            name = storage.keep(b"secret")
        path = folder / "alpha" / name
        assert re.fullmatch("[0-9a-f]{32}", name)
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)

    def test_gives_a_file_once_and_to_its_schema_alone(self, alpha: Client) -> None:
        with schema_context("alpha"):
            name = storage.keep(b"secret")
        with schema_context("beta"), pytest.raises(FileNotFoundError):
            storage.take(name)
        with schema_context("alpha"):
            assert storage.take(name) == b"secret"
            with pytest.raises(FileNotFoundError):
                storage.take(name)

    @pytest.mark.parametrize("name", ["../beta/x", "/etc/passwd", "", "A" * 32, "0" * 31])
    def test_takes_no_name_that_it_did_not_make(self, name: str, db: None) -> None:
        with pytest.raises(FileNotFoundError):
            storage.take(name)

    def test_sweeps_what_nobody_confirmed(self, folder: Path, db: None) -> None:
        old, new = storage.keep(b"old"), storage.keep(b"new")
        os.utime(folder / "public" / old, (1, 1))
        assert storage.sweep() == 1
        assert storage.take(new) == b"new"

    def test_keeps_a_bounded_number(self, folder: Path, db: None) -> None:
        names = [storage.keep(b"x") for _ in range(25)]
        for age, name in enumerate(reversed(names)):
            os.utime(folder / "public" / name, (time.time() - age, time.time() - age))
        assert storage.sweep() == 5
        assert storage.take(names[-1]) == b"x"
        with pytest.raises(FileNotFoundError):
            storage.take(names[0])


class TestResult:
    def test_does_not_grow_with_the_errors(self) -> None:
        result = ImportResult()
        for number in range(5000):
            error = ValidationError("“%(v)s” is wrong.", params={"v": f"{number}" * 50})
            result.append_invalid_row(number, {}, ValidationError({"a": [error]}))
            kind = ValidationError(f"kind {number}")
            result.append_invalid_row(number, {}, ValidationError({"b": [kind]}))
        shown = [example for kind in result.errors_by_kind() for example in kind.examples]
        assert result.error_count == 10_000
        assert len(shown) <= 100
        assert all(len(text) < 301 for _line, text in shown)


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

    def test_a_preview_changes_nothing(self, web: Any) -> None:
        response = upload(web)
        assert response.context["result"].new == 2
        assert tasks() == []
        with schema_context("alpha"):
            assert not Project.objects.exists()
            assert not LogEntry.objects.exists()

    def test_a_confirmed_preview_is_imported_with_one_entry_in_the_log(self, web: Any) -> None:
        token = token_of(upload(web))
        response = web.post(CONFIRM, {"token": token}, follow=True)
        assert "Imported tasks.csv: 2 new, 0 changed, 0 unchanged" in said(response)
        assert tasks() == ["WEB-1 First", "WEB-2 Second"]
        with schema_context("alpha"):
            assert LogEntry.objects.get().object_repr == "tasks.csv"

    def test_the_file_is_gone_after_it_was_confirmed_or_cancelled(
        self, web: Any, folder: Path
    ) -> None:
        web.post(CONFIRM, {"token": token_of(upload(web))})
        assert not list((folder / "alpha").iterdir())
        with schema_context("alpha"):
            Task.objects.all().delete()
        response = web.post(CONFIRM, {"token": token_of(upload(web)), "cancel": "1"}, follow=True)
        assert "cancelled" in said(response)
        assert not list((folder / "alpha").iterdir())
        assert tasks() == []

    def test_a_file_that_is_refused_or_in_error_is_not_kept(self, web: Any, folder: Path) -> None:
        assert "no rows below" in upload(web, b"reference,title\n").content.decode()
        response = upload(web, b"reference,title\nx,y\n")
        assert "is not a reference such as WEB-12" in response.content.decode()
        assert response.context["confirm_form"] is None
        assert not folder.exists()

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

    def test_not_in_another_tenant(
        self, web: Any, tenant_browser: Any, beta: Client, beta_owner: User, folder: Path
    ) -> None:
        token = token_of(upload(web))
        beta_web = tenant_browser(beta, beta_owner)
        self.refused(beta_web, token)
        (folder / "alpha").rename(folder / "beta")  # Even if the file were there.
        self.refused(beta_web, token)
        assert tasks("beta") == []

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

    def test_not_when_the_file_was_changed(self, web: Any, folder: Path) -> None:
        token = token_of(upload(web))
        (path,) = (folder / "alpha").iterdir()
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
