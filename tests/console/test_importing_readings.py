"""The preview says how a file was read, lets that be changed without another upload, and asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing.storage import look
from tenant_data.models import Task
from tenants.models import Client
from tests.console.corpus_odd import workbook
from tests.console.test_importing_kept import rows_of
from tests.console.test_importing_pages import confirm, kept, said, upload

OLD = "reference;title;due_on\nWEB-1;Zoë;22/11/2025\n".encode("cp1252")
#: Nobody knows whether this is in May or in June.
UNCLEAR = b"reference,title,due_on\nWEB-1,First,05/06/2025\n"


@pytest.fixture
def web(tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> Any:
    return tenant_browser(alpha, owner)


def text_of(response: Any) -> str:
    return response.content.decode()


def again(browser: Any, response: Any, **changes: str) -> Any:
    """The form of a page that shows how a file was read, sent with changes."""
    form = response.context["reading_form"]
    fields = {name: form.initial.get(name) or "" for name in form.fields}
    return browser.post(response.context["read_url"], {**fields, **changes}, follow=True)


def tasks() -> list[tuple[Any, ...]]:
    with schema_context("alpha"):
        return list(Task.objects.values_list("title", "due_on__month"))


class TestThePreview:
    def test_says_how_the_file_was_read(self, web: Any) -> None:
        text = text_of(upload(web, b"Tasks of May;;\n" + OLD))
        assert "Read as Windows-1252, with semicolons between the cells." in text
        assert "“Zoë”" in text
        assert "The header is on line 2; the line above it was left out." in text
        assert "“due_on” is read with the day first, as “22/11/2025” shows." in text
        assert "2025-11-22</td>" in text

    def test_reads_the_file_otherwise_when_told_so_and_imports_it_that_way(self, web: Any) -> None:
        first = upload(web, b"reference,title\nWEB-1,Za\xbf\xf3\xb3\xe6\n")
        assert "“Za¿ó³æ”" in text_of(first) or "Windows-1252" in text_of(first)
        second = again(web, first, encoding="cp1250")
        assert "“Zażółć”" in text_of(second)
        assert tasks() == []
        confirm(web, second)
        assert tasks() == [("Zażółć", None)]

    def test_reads_it_with_another_delimiter(self, web: Any) -> None:
        response = again(web, upload(web), delimiter=";")
        assert "are missing" in text_of(response)
        assert again(web, response, delimiter=",").context["import"].new == 2

    def test_keeps_one_file_however_often_it_is_read(self, web: Any, imports_folder: Path) -> None:
        response = again(web, again(web, upload(web), delimiter=";"), delimiter=",")
        assert len(list((imports_folder / "alpha").iterdir())) == 1
        confirm(web, response)
        assert not list((imports_folder / "alpha").iterdir())

    def test_says_nothing_of_encodings_where_it_is_a_workbook(self, web: Any) -> None:
        response = upload(web, workbook(["reference", "title"], ["WEB-1", "a"]), "a.xlsx")
        assert "Read as" not in text_of(response)
        assert set(response.context["reading_form"].fields) == {"date_order", "decimal"}
        assert again(web, response).context["import"].new == 1


class TestAFileThatIsGone:
    """It cannot be read otherwise; its import is over."""

    @pytest.fixture
    def page(self, web: Any, imports_folder: Path) -> Any:
        page = upload(web)
        (path,) = (imports_folder / "alpha").iterdir()
        path.unlink()
        return page

    def test_is_not_read_again(self, web: Any, page: Any) -> None:
        assert "Choose the file again" in said(again(web, page, delimiter=";"))
        assert kept().state == "failed"

    def test_is_not_read_with_other_columns(self, web: Any, page: Any) -> None:
        columns = {"column_0": "reference", "column_1": "project", "column_2": "title"}
        answer = web.post(page.context["map_url"], columns, follow=True)
        assert "Choose the file again" in said(answer)
        assert kept().state == "failed"


def test_a_file_from_elsewhere_is_refused_with_what_can_be_chosen_instead(web: Any) -> None:
    page = upload(web, b"name,exported_from\nIdea,beta\n", page="/tenant_data/label/import/")
    text = " ".join(text_of(page).split())
    assert "nothing of it was imported. To import it all the same, choose below" in text
    assert "“What to do with a file from elsewhere”: take its rows as new ones" in text
    assert "To import it all the same" not in text_of(upload(web, UNCLEAR))
    page = again(web, page, foreign="new")
    assert (page.context["import"].state, page.context["import"].new) == ("ready", 1)


class TestAQuestion:
    def test_is_asked_instead_of_a_preview(self, web: Any) -> None:
        response = upload(web, UNCLEAR)
        text = text_of(response)
        assert "does not tell how “05/06/2025” on line 2 is meant" in text
        assert "the day first: 5 June 2025" in text
        assert "the month first: 6 May 2025" in text
        assert response.context["import"].state == "unsettled"
        assert not response.context["may_confirm"]

    @pytest.mark.parametrize(("answer", "month"), [("day", 6), ("month", 5)])
    def test_is_answered_for_the_whole_file(self, web: Any, answer: str, month: int) -> None:
        response = again(web, upload(web, UNCLEAR), date_order=answer)
        assert f"“due_on” is read with the {answer} first, as was chosen." in text_of(response)
        confirm(web, response)
        assert tasks() == [("First", month)]

    @pytest.mark.parametrize(("told", "way"), [("22/11/2025", "day"), ("11/22/2025", "month")])
    def test_has_the_answer_of_the_last_file_with_the_same_columns_chosen(
        self, web: Any, told: str, way: str
    ) -> None:
        """Such as of the one from which the rows in error come."""
        rows = f"WEB-1,First,{told},done\nWEB-2,Second,03/04/2025,nowhere"
        done = confirm(web, upload(web, f"reference,title,due_on,status\n{rows}".encode()))
        mended = "\n".join(rows_of(web.get(done.context["faulty_url"]))).replace("nowhere", "")
        page = upload(web, mended.encode())
        assert page.context["reading_form"].initial["date_order"] == way
        assert len(page.context["questions"]) == 1

    def test_that_is_not_answered_is_asked_again(self, web: Any) -> None:
        response = again(web, upload(web, UNCLEAR), date_order="")
        assert response.context["questions"]

    def test_cannot_be_got_round(self, web: Any) -> None:
        assert "cannot be confirmed" in said(confirm(web, upload(web, UNCLEAR)))
        assert (kept().state, tasks()) == ("unsettled", [])


class TestTheColumns:
    """Everything that is said of them has them as the file does."""

    FILE = "Key,Title,Fällig  am,Status\nWEB-1,First,{},done\nWEB-2,Second,,{}\n"

    def test_of_which_is_asked(self, web: Any) -> None:
        response = upload(web, self.FILE.format("05/06/2025", "done").encode())
        assert "The column Fällig am does not tell how" in text_of(response)
        text = text_of(again(web, response, date_order="day"))
        assert "“Fällig am” is read with the day first, as was chosen." in text
        assert "Key → reference, Fällig am → due_on" in text
        assert '<th scope="col">Fällig am</th>' in text

    def test_that_are_wrong(self, web: Any) -> None:
        response = upload(web, self.FILE.format("soon", "gone").encode())
        text = text_of(response)
        assert "<code>Fällig am</code>" in text
        assert "<code>Status</code>" in text
        faulty = web.get(response.context["faulty_url"])
        rows = b"".join(faulty.streaming_content).decode().splitlines()
        assert rows[1].startswith("WEB-1,First,soon,done,Fällig am: “soon” is not a date")
        assert "Status: “gone” is not known here" in rows[2]

    def test_whose_values_are_some_of_a_few_words(self, web: Any) -> None:
        assert "Done</td>" in text_of(upload(web, self.FILE.format("", "done").encode()))


class TestRights:
    """Whoever may not confirm a preview may not read its file again either."""

    REFUSED = "cannot be confirmed any more"

    def test_another_user_cannot(self, web: Any, tenant_browser: Any, alpha: Client) -> None:
        page = upload(web)
        with schema_context("alpha"):
            other = User.objects.create_superuser("other@alpha.example", "pw")
        browser = tenant_browser(alpha, other)
        assert self.REFUSED in said(again(browser, page, delimiter=";"))
        assert kept().state == "ready"
        assert again(web, page).context["import"].new == 2

    def test_nobody_can_of_a_file_that_was_imported(self, web: Any) -> None:
        page = upload(web)
        confirm(web, page)
        assert self.REFUSED in said(again(web, page))
        assert kept().state == "done"

    @pytest.mark.parametrize("change", [{"encoding": "rot13"}, {"delimiter": "x"}])
    def test_nothing_else_can_be_chosen(self, web: Any, change: dict[str, str]) -> None:
        assert "choose one of what is offered" in said(again(web, upload(web), **change))
        assert kept().new == 2

    def test_a_file_that_is_looked_at_stays_in_its_schema(
        self, web: Any, imports_folder: Path
    ) -> None:
        upload(web)
        (path,) = (imports_folder / "alpha").iterdir()

        def content(name: str) -> bytes:
            with look(name) as file:
                return file.read()

        with schema_context("beta"), pytest.raises(FileNotFoundError):
            content(path.name)
        with schema_context("alpha"):
            assert content(path.name) == content(path.name)
            with pytest.raises(FileNotFoundError):
                content("../alpha/" + path.name)


def test_what_is_left_out_is_said_also_where_rows_are_in_error(web: Any) -> None:
    """The good rows alone can be imported there."""
    page = upload(web, b"reference,title,Due date,Due date\nWEB-1,a,2026-01-02,2026-01-03\nx,b,,\n")
    text = page.content.decode()
    assert page.context["import"].in_error == 1
    assert "There is more than one column “Due date”" in text
    assert "In 1 row, another one has something else" in text
