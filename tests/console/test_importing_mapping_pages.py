"""Saying on a page which column is which and what becomes of values; what is remembered of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing import remembering
from console.importing.mapping import SUGGEST, Mapping, digest_of_headings
from console.importing.models import RememberedMapping
from tenant_data.models import Project, Task
from tenants.models import Client
from tests.console.test_importing_pages import confirm, kept, said, tasks, upload
from tests.tenant_data import program_files
from tests.tenants import test_client_data as client_data

#: The first column is nobody's name; the status has two words that are not known here.
ODD = (
    b"What,Where,How,Who\n"
    b"First,WEB,Waiting,bo@alpha.example\n"
    b"Second,WEB,waiting,\n"
    b"Third,WEB,Blocked,bo@alpha.example\n"
)
COLUMNS = {"column_0": "title", "column_1": "project", "column_2": "status", "column_3": ""}


@pytest.fixture
def web(tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> Any:
    with schema_context("alpha"):
        User.objects.create_user("bo@alpha.example", name="Bo Berg")
        Project.objects.create(key="WEB", name="Web")
    return tenant_browser(alpha, owner)


def read_as(browser: Any, page: Any, **answers: str) -> Any:
    return browser.post(page.context["map_url"], answers, follow=True)


def statuses() -> dict[str, str]:
    with schema_context("alpha"):
        return dict(Task.objects.values_list("title", "status"))


class TestColumns:
    def test_that_nobody_knows_are_asked_for_where_the_file_cannot_be_read(self, web: Any) -> None:
        page = upload(web, ODD)
        text = page.content.decode()
        assert kept().state == "unsettled"
        assert "<details open>" in text
        assert 'aria-label="What “What” is"' in text
        for sample in ("First", "Second", "Third"):
            assert f"<code>{sample}</code>" in text

    def test_are_read_as_somebody_says(self, web: Any) -> None:
        columns = {**COLUMNS, "column_2": "", "column_3": "assignee"}
        page = read_as(web, upload(web, ODD), **columns)
        assert page.context["import"].new == 3
        text = page.content.decode()
        assert "What → title, Where → project" in text
        assert "The column “How” is not known here and is not imported." in text
        confirm(web, page)
        assert tasks() == ["WEB-1 First", "WEB-2 Second", "WEB-3 Third"]

    def test_two_cannot_be_one_field(self, web: Any) -> None:
        page = read_as(web, upload(web, ODD), **{**COLUMNS, "column_3": "title"})
        assert "Two columns cannot both be “title”: What, Who." in said(page)
        assert kept().state == "unsettled"

    def test_are_none_but_the_fields_that_there_are(self, web: Any) -> None:
        page = read_as(web, upload(web, ODD), **{**COLUMNS, "column_3": "created_at"})
        assert "choose one of what is offered" in said(page)

    def test_stay_as_they_are_where_the_file_is_read_in_another_way(self, web: Any) -> None:
        page = read_as(web, upload(web, ODD), **{**COLUMNS, "column_2": ""})
        answers = {"encoding": "utf-8", "delimiter": ","}
        web.post(page.context["read_url"], answers, follow=True)
        assert kept().new == 3
        # With other columns, the old answer is none.
        web.post(page.context["read_url"], {**answers, "delimiter": ";"}, follow=True)
        assert kept().state == "unsettled"
        assert list(kept().mapping["columns"]) == ["what,where,how,who"]

    def test_are_not_for_others_to_say(
        self, web: Any, tenant_browser: Callable[..., Any], alpha: Client
    ) -> None:
        page = upload(web, ODD)
        with schema_context("alpha"):
            other = User.objects.create_superuser("other@alpha.example")
        theirs = tenant_browser(alpha, other)
        assert "importing-mapping" not in theirs.get(page.request["PATH_INFO"]).content.decode()
        read_as(theirs, page, **COLUMNS)
        assert kept().state == "unsettled"

    def test_are_not_for_those_without_the_right(
        self, web: Any, tenant_browser: Callable[..., Any], alpha: Client
    ) -> None:
        page = upload(web, ODD)
        with schema_context("alpha"):
            other = User.objects.create_user("x@alpha.example", is_staff=True)
            other.user_permissions.set(Permission.objects.filter(codename="view_task"))
        answer = tenant_browser(alpha, other).post(page.context["map_url"], COLUMNS)
        assert answer.status_code == 403

    def test_a_get_changes_nothing(self, web: Any) -> None:
        page = upload(web, ODD)
        web.get(page.context["map_url"])
        assert kept().state == "unsettled"


class TestValues:
    def test_that_nobody_knows_are_listed_with_how_often(self, web: Any) -> None:
        page = read_as(web, upload(web, ODD), **COLUMNS)
        text = page.content.decode()
        assert kept().in_error == 3
        assert "3 values of “status” that are not known here" in text
        for value in ("Waiting", "waiting", "Blocked"):
            assert f'aria-label="What “{value}” is in “status”"' in text

    def test_are_translated_one_by_one_and_all_others_at_once(self, web: Any) -> None:
        page = read_as(web, upload(web, ODD), **COLUMNS)
        values = [
            one["text"] for one in next(page.context["mapping_form"].unknown_rows())["values"]
        ]
        answers = {f"value_status_{values.index('Blocked')}": "in_progress"}
        page = read_as(web, page, **COLUMNS, **answers, unknown_status="default:review")
        assert kept().in_error == 0
        confirm(web, page)
        assert statuses() == {"First": "review", "Second": "review", "Third": "in_progress"}

    def test_may_be_translated_otherwise_later(self, web: Any) -> None:
        page = read_as(web, upload(web, ODD), **COLUMNS)
        answers = {f"value_status_{place}": "done" for place in range(3)}
        page = read_as(web, page, **COLUMNS, **answers)
        assert "translated" in page.content.decode()
        answers = {f"value_status_{place}": "∅" for place in range(3)}
        confirm(web, read_as(web, page, **COLUMNS, **answers))
        assert set(statuses().values()) == {"open"}

    def test_of_people_are_given_by_address_or_name(self, web: Any) -> None:
        file = b"title,project,assignee\nFirst,WEB,Roberta\nSecond,WEB,Nobody Here\n"
        page = upload(web, file)
        own = {"column_0": "title", "column_1": "project", "column_2": "assignee"}
        page = read_as(web, page, **own, value_assignee_0="Bo Berg", unknown_assignee="skip")
        note = "“assignee”: 1 value is not known here, and read as an empty cell: Nobody Here (1)."
        assert note in page.content.decode()
        assert note in confirm(web, page).content.decode()
        with schema_context("alpha"):
            found = dict(Task.objects.values_list("title", "assignee__email"))
        assert found == {"First": "bo@alpha.example", "Second": None}

    def test_that_are_not_known_either_are_refused_at_their_boxes(self, web: Any) -> None:
        page = upload(web, b"title,project,assignee\nFirst,WEB,Roberta\nSecond,WEB,Bob\n")
        own = {"column_0": "title", "column_1": "project", "column_2": "assignee"}
        answers = {"value_assignee_0": "Bo Berg", "value_assignee_1": "bo@alpha.exampel"}
        page = read_as(web, page, **own, **answers, other_assignee="No One")
        text = page.content.decode()
        assert "Nothing was read: some values are not known here either." in text
        for key, value in ("value_assignee_1", "bo@alpha.exampel"), ("other_assignee", "No One"):
            assert f'id="id_{key}_error">“{value}” is not known here either.' in text
        assert 'value="Bo Berg"' in text, "what was chosen is there still"
        assert not kept().mapping["values"]
        # Once it can be read, nothing of that is in the way.
        answers["value_assignee_1"] = "bo@alpha.example"
        read_as(web, page, **own, **answers)
        assert (kept().in_error, kept().new) == (0, 2)

    def test_are_chosen_among_the_people_who_are_here(
        self, web: Any, tenant_browser: Callable[..., Any], alpha: Client
    ) -> None:
        file = b"title,project,assignee\nFirst,WEB,Roberta\n"
        with schema_context("alpha"):
            User.objects.create_user("old@alpha.example", name="Old Olsen", is_active=False)
            other = User.objects.create_user("x@alpha.example", is_staff=True)
            rights = [f"{verb}_task" for verb in ("view", "add", "change", "import")]
            other.user_permissions.set(Permission.objects.filter(codename__in=rights))
        text = upload(web, file).content.decode()
        assert '<option value="bo@alpha.example">Bo Berg</option>' in text
        assert 'list="offered_assignee" placeholder="as all others"' in text
        assert "old@alpha.example" not in text
        theirs = tenant_browser(alpha, other)
        text = upload(theirs, file).content.decode()
        assert 'name="value_assignee_0"' in text
        assert "bo@alpha.example" not in text, "who may not see people is shown none"

    def test_of_a_client_are_not_shown_to_the_staff(
        self, staff_browser: Callable[..., Any], alpha: Client, owner: User, staff_operator: User
    ) -> None:
        staff = staff_browser(staff_operator)
        page = client_data.upload(staff, alpha, b"reference,title,assignee\nWEB-1,First,Bo\n")
        text = page.content.decode()
        assert 'name="value_assignee_0"' in text
        assert owner.email not in text
        # What is written there is looked for among the company's people all the same.
        own = {"column_0": "reference", "column_1": "title", "column_2": "assignee"}
        page = read_as(staff, page, **own, value_assignee_0="Nobody")
        assert "“Nobody” is not known here either." in page.content.decode()

    def test_that_are_long_make_no_large_page(self, web: Any) -> None:
        short, long = f"{'b' * 200}", f"{'a' * 90_000}"
        rows = [f"WEB-{n},x,{text}" for n, text in enumerate((short, long), 1)]
        page = upload(web, "\n".join(["reference,title,assignee", *rows]).encode())
        text = page.content.decode()
        assert len(text) < len(long)
        assert f"What “{short[:59]}…” is in" in text
        assert f"What “{long[:59]}…” is in" not in text
        assert "All others, and 1 more" in text
        assert len(json.dumps(kept().preview)) < 20_000
        own = {f"column_{n}": name for n, name in enumerate(("reference", "title", "assignee"))}
        read_as(web, page, **own, value_assignee_0="Bo Berg", unknown_assignee="skip")
        assert (kept().in_error, kept().new) == (0, 2)

    def test_of_projects_can_be_made(self, web: Any) -> None:
        page = upload(web, b"title,project\nFirst,New shop\n")
        assert kept().in_error == 1
        own = {"column_0": "title", "column_1": "project", "unknown_project": "create"}
        page = read_as(web, page, **own)
        assert "1 new project: NS · New shop" in page.content.decode()
        assert "1 new project: NS · New shop" in confirm(web, page).content.decode()
        assert tasks() == ["NS-1 First"]


def recalled(file: bytes) -> Mapping:
    headings = file.decode().splitlines()[0].lower().split(",")
    with schema_context("alpha"):
        return remembering.recall("tenant_data.task", digest_of_headings(headings))


class TestRemembered:
    def test_the_next_file_with_the_same_columns_is_read_in_the_same_way(self, web: Any) -> None:
        page = read_as(web, upload(web, ODD), **COLUMNS)
        confirm(web, read_as(web, page, **COLUMNS, unknown_status="skip"))
        # In another order, and with other rows.
        page = upload(web, b"Who,How,Where,What\n,Odd,WEB,Fourth\n", name="next.csv")
        assert page.context["import"].new == 1
        assert "as in the last file that had the same ones" in page.content.decode()
        confirm(web, page)
        assert statuses()["Fourth"] == "open"

    def test_nothing_is_that_was_not_imported(self, web: Any) -> None:
        web.post(read_as(web, upload(web, ODD), **COLUMNS).context["cancel_url"])
        upload(web, ODD)
        assert kept().state == "unsettled"

    def test_nothing_is_of_an_import_that_was_undone(self, web: Any) -> None:
        """The next file is read as the last one that stands; or else as if it were the first."""
        right = read_as(web, upload(web, ODD), **COLUMNS)
        right = confirm(web, read_as(web, right, **COLUMNS, unknown_status="skip"))
        first = kept()
        file = ODD.replace(b"First", b"Fifth")
        wrong = read_as(web, upload(web, file), **COLUMNS, unknown_status="default:done")
        wrong = confirm(web, wrong)
        web.post(wrong.context["undo_url"])
        assert recalled(file) == Mapping.from_json(first.mapping)
        web.post(right.context["undo_url"])
        assert recalled(file) == SUGGEST

    def test_by_each_kind_of_record_in_each_company(self, web: Any) -> None:
        mapping = Mapping({"a": "title"})
        with schema_context("alpha"):
            remembering.remember("tenant_data.task", "x", mapping)
            assert remembering.recall("tenant_data.task", "x") == mapping
            assert remembering.recall("tenant_data.project", "x") == SUGGEST
        with schema_context("beta"):
            assert remembering.recall("tenant_data.task", "x") == SUGGEST

    def test_the_oldest_goes_where_there_are_too_many(self, web: Any) -> None:
        with schema_context("alpha"):
            RememberedMapping.objects.bulk_create(
                RememberedMapping(
                    model="m",
                    headings=str(n),
                    mapping={},
                    used_at=timezone.now() - timedelta(days=n + 1),
                )
                for n in range(remembering.AT_MOST)
            )
            remembering.remember("m", "new", SUGGEST)
            kept_ = set(RememberedMapping.objects.values_list("headings", flat=True))
            assert len(kept_) == remembering.AT_MOST
            assert "new" in kept_
            assert str(remembering.AT_MOST - 1) not in kept_


def test_an_export_of_another_program_is_imported_as_it_is(web: Any) -> None:
    page = upload(web, program_files.TRELLO, name="board.csv")
    text = page.content.decode()
    assert "The file is an export of Trello." in text
    assert "Waiting room (1)" in text
    assert page.context["import"].new == 4
    confirm(web, page)
    assert len(tasks()) == 4
