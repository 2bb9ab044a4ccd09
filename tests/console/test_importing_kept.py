"""Imports that are kept: the same file again, the good rows alone, the rows in error, the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing.models import Import, RememberedMapping
from tenant_data.models import Project, Task
from tenants.models import Client
from tests.console.test_importing_pages import confirm, kept, said, tasks, upload


@pytest.fixture
def web(tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> Any:
    return tenant_browser(alpha, owner)


class TestTheSameFileAgain:
    NEW = b"project,title\nWeb,First\n"

    def test_is_noticed(self, web: Any, owner: User) -> None:
        first = confirm(web, upload(web))
        text = upload(web).content.decode()
        assert "This very file was imported before: " in text
        assert f", by {owner.email}." in text
        assert f'href="{first.request["PATH_INFO"]}"' in text

    def test_adds_rows_again_only_where_that_is_said(self, web: Any) -> None:
        with schema_context("alpha"):
            Project.objects.create(key="WEB", name="Web")
        confirm(web, upload(web, self.NEW))
        page = upload(web, self.NEW)
        assert "Tick “Import it again”" in said(confirm(web, page))
        assert tasks() == ["WEB-1 First"]
        confirm(web, page, again="1")
        assert tasks() == ["WEB-1 First", "WEB-2 First"]

    def test_is_noticed_although_its_columns_are_read_otherwise_by_now(self, web: Any) -> None:
        content = b"project,title,description\nWeb,First,Long\n"
        with schema_context("alpha"):
            Project.objects.create(key="WEB", name="Web")
        confirm(web, upload(web, content))
        with schema_context("alpha"):
            known = RememberedMapping.objects.get()
            known.mapping["columns"]["description"] = ""
            known.save()
        page = upload(web, content)
        assert "is not imported, as chosen" in page.content.decode()
        assert "Tick “Import it again”" in said(confirm(web, page))
        assert tasks() == ["WEB-1 First"]

    def test_is_nothing_to_mention_where_it_was_not_imported(self, web: Any) -> None:
        web.post(upload(web).context["cancel_url"])
        assert "imported before" not in upload(web).content.decode()


class TestWhatThePreviewShowed:
    """Nothing else is imported: not over what somebody wrote meanwhile."""

    MANY = "\n".join(["reference,title", *(f"WEB-{n},New {n}" for n in range(1, 31))]).encode()

    @pytest.fixture
    def there(self, web: Any) -> None:
        confirm(web, upload(web, self.MANY.replace(b"New", b"Old")))

    def edit(self, number: int, **values: Any) -> None:
        with schema_context("alpha"):
            assert Task.objects.filter(number=number).update(**values)

    def refused(self, web: Any, page: Any) -> Any:
        page = confirm(web, page)
        assert "The data has changed since the preview" in page.content.decode()
        assert kept().state == "ready"
        return page

    @pytest.mark.parametrize("number", [2, 29])
    def test_a_row_that_somebody_edited_keeps_that_until_its_preview_was_seen(
        self, web: Any, there: None, number: int
    ) -> None:
        page = upload(web, self.MANY)
        self.edit(number, title="By hand")
        page = self.refused(web, page)
        assert f"WEB-{number} By hand" in tasks()
        assert "WEB-1 Old 1" in tasks()
        assert ("By hand" in page.content.decode()) == (number == 2)
        confirm(web, page)
        assert f"WEB-{number} New {number}" in tasks()

    def test_a_new_row_that_somebody_made_meanwhile_is_not_changed(self, web: Any) -> None:
        page = upload(web)
        with schema_context("alpha"):
            project = Project.objects.create(key="WEB", name="Web")
            Task.objects.create(project=project, title="By hand")
        page = self.refused(web, page)
        assert tasks() == ["WEB-1 By hand"]
        assert (page.context["import"].new, page.context["import"].changed) == (1, 1)

    def test_the_same_number_of_other_rows_is_something_else(self, web: Any, there: None) -> None:
        content = self.MANY.replace(b"New 3\n", b"Old 3\n")
        page = upload(web, content)
        assert (kept().changed, kept().unchanged) == (29, 1)
        self.edit(3, title="By hand")
        self.edit(4, title="New 4")
        self.refused(web, page)

    def test_the_good_rows_are_those_that_were_good(self, web: Any, there: None) -> None:
        page = upload(web, self.MANY + b"\nx,wrong")
        self.edit(2, title="By hand")
        page = self.refused(web, page)
        confirm(web, page)
        assert "WEB-2 New 2" in tasks()

    def test_what_is_in_no_row_of_the_file_may_change(self, web: Any, there: None) -> None:
        page = upload(web, self.MANY)
        self.edit(5, description="Other")
        with schema_context("alpha"):
            Task.objects.create(project=Project.objects.get(), title="Other")
        confirm(web, page)
        assert "WEB-5 New 5" in tasks()


#: Two rows are good; the fourth is a part of the second, whose status nobody knows.
MIXED = (
    b"Tasks of May;;;\n"
    b"reference;title;status;parent;team\n"
    b"WEB-1;=1+1;done;;a\n"
    b"WEB-2;Second;nowhere;;b\n"
    b"WEB-3;Third;;;c\n"
    b"WEB-4;Part;;WEB-2;d\n"
)


class TestTheGoodRowsAlone:
    def test_are_imported_by_choice_without_what_hangs_on_the_others(self, web: Any) -> None:
        page = upload(web, MIXED)
        text = page.content.decode()
        assert page.context["import"].in_error == 1
        assert "Import only the" in text
        done = confirm(web, page)
        assert tasks() == ["WEB-1 =1+1", "WEB-3 Third"]
        counts = [count for _title, count, _class in done.context["totals"]]
        assert counts == ["2", "0", "0", "2"]
        assert "Only the good rows were imported." in done.content.decode()

    def test_are_not_imported_where_nobody_chose_that(self, web: Any) -> None:
        page = upload(web, MIXED)
        web.post(page.context["confirm_url"], {"rows": "all"})
        assert (kept().state, tasks()) == ("ready", [])


def rows_of(response: Any) -> list[str]:
    assert response["Content-Type"] == "text/csv"
    content = b"".join(response.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    return content.decode("utf-8-sig").splitlines()


class TestTheRowsInError:
    def test_come_as_a_file_with_what_is_wrong_with_each(self, web: Any) -> None:
        page = upload(web, MIXED)
        header, *rows = rows_of(web.get(page.context["faulty_url"]))
        assert header == "reference;title;status;parent;team;reason"
        assert len(rows) == 1
        assert rows[0].startswith("WEB-2;Second;nowhere;;b;status: ")

    def test_are_all_those_that_were_left_out(self, web: Any) -> None:
        done = confirm(web, upload(web, MIXED))
        rows = rows_of(web.get(done.context["faulty_url"]))[1:]
        assert [row.partition(";")[0] for row in rows] == ["WEB-2", "WEB-4"]

    def test_are_imported_once_they_are_mended(self, web: Any) -> None:
        done = confirm(web, upload(web, MIXED))
        text = "\n".join(rows_of(web.get(done.context["faulty_url"])))
        page = upload(web, text.replace("nowhere", "done").encode())
        assert "“reason”" not in page.content.decode()
        assert (page.context["import"].new, page.context["import"].in_error) == (2, 0)
        # Mended not quite: the old reasons are not there twice.
        page = upload(web, text.replace("nowhere", "somewhere").encode())
        assert rows_of(web.get(page.context["faulty_url"]))[0].count("reason") == 1

    def test_run_nothing_in_a_spreadsheet(self, web: Any) -> None:
        page = upload(web, b"reference,title,status\nWEB-1,=cmd(),nowhere\nWEB-2,'=x,nowhere\n")
        first, second = rows_of(web.get(page.context["faulty_url"]))[1:]
        assert first.startswith("WEB-1,'=cmd(),nowhere,")
        assert second.startswith("WEB-2,'=x,nowhere,")

    def test_are_not_there_where_none_is(self, web: Any) -> None:
        assert web.get(upload(web).context["faulty_url"]).status_code == 404


class TestTheList:
    LIST = "/importing/import/"

    def test_has_every_import_and_leads_to_its_page(self, web: Any, owner: User) -> None:
        done = confirm(web, upload(web))
        text = web.get(self.LIST).content.decode()
        assert f'href="{self.LIST}{kept().pk}/change/' in text
        assert "tasks.csv" in text
        assert owner.email in text
        assert "2 new, 0 changed, 0 unchanged" in text
        response = web.get(f"{self.LIST}{kept().pk}/change/")
        assert response.headers["Location"] == done.request["PATH_INFO"]
        assert f"{self.LIST}?model=tenant_data.task" in done.content.decode()

    def test_leads_to_what_each_changed(self, web: Any) -> None:
        done = confirm(web, upload(web))
        listed = web.get(done.context["history_url"])
        names = {entry.object_repr for entry in listed.context["cl"].result_list}
        assert names == {"WEB · Web", "WEB-1 First", "WEB-2 Second"}

    def test_has_those_alone_that_the_reader_may_import(
        self, web: Any, tenant_browser: Any, alpha: Client
    ) -> None:
        upload(web)
        upload(web, b"name\nRed\n", "labels.csv", "/tenant_data/label/import/")
        with schema_context("alpha"):
            user = User.objects.create_user("im@alpha.example", "pw", is_staff=True)
            names = ["import_label", "add_label", "change_label"]
            user.user_permissions.set(Permission.objects.filter(codename__in=names))
        browser = tenant_browser(alpha, user)
        text = browser.get(self.LIST).content.decode()
        assert "labels.csv" in text
        assert "tasks.csv" not in text
        keys = {import_.model: import_.pk for import_ in all_kept()}
        assert browser.get(f"{self.LIST}{keys['tenant_data.task']}/change/").status_code == 302
        listed = browser.get(f"{self.LIST}?model=tenant_data.task")
        assert list(listed.context["cl"].result_list) == []

    def test_is_only_read(self, web: Any) -> None:
        upload(web)
        for path in ("add/", f"{kept().pk}/delete/"):
            assert web.post(f"{self.LIST}{path}", {"post": "yes"}).status_code == 403
        assert web.post(f"{self.LIST}{kept().pk}/change/").status_code == 403
        assert len(all_kept()) == 1


def all_kept() -> list[Import]:
    with schema_context("alpha"):
        return list(Import.objects.all())
