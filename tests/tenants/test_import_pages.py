"""The page after files of clients: the schemas of exactly those that were added."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry as DjangosLogEntry
from django.contrib.auth.models import Permission

from console.accounts.models import User
from console.history.models import LogEntry
from tenants.models import Client, Operation, Rollout
from tests.tenants.files import HEADER, NEW

LIST = "/tenants/client/"
FILE = "\n".join([HEADER, NEW, NEW.replace("gamma", "delta"), NEW.replace("gamma", "eps")])


@pytest.fixture
def browser(staff_browser: Callable[..., Any], operator: User, alpha: Client) -> Any:
    return staff_browser(operator)


def bring_in(browser: Any, text: str = FILE) -> Any:
    """Choose the file and confirm its preview; the page that comes after it."""
    file = io.BytesIO(text.encode())
    file.name = "new clients.csv"
    preview = browser.post(f"{LIST}import/", {"import_file": file}, follow=True)
    return browser.post(preview.context["confirm_url"], {"rows": "all"}, follow=True)


def names(*schemas: str) -> set[int]:
    return set(Client.objects.filter(schema_name__in=schemas).values_list("pk", flat=True))


class TestDone:
    def test_says_what_was_done_and_offers_the_schemas(self, browser: Any) -> None:
        page = bring_in(browser)
        text = page.content.decode()
        assert "new clients.csv was imported" in text
        assert [count for _title, count, _class in page.context["totals"]] == ["3", "0", "0", "0"]
        assert "Create 3 schemas" in text

    def test_each_row_is_in_the_history_and_nothing_in_djangos_log(
        self, browser: Any, operator: User
    ) -> None:
        bring_in(browser)
        entry = LogEntry.objects.about(Client.objects.get(schema_name="gamma")).last()
        assert entry is not None
        assert (entry.action, entry.actor_email) == (LogEntry.Action.CREATE, operator.email)
        assert not DjangosLogEntry.objects.exists()

    def test_its_button_asks_about_exactly_those_that_were_added(self, browser: Any) -> None:
        bring_in(browser)
        Client.objects.create(
            schema_name="other", name="Other", admin_name="O", admin_email="o@x.example"
        )
        page = bring_in(browser, FILE.replace("Gus,", "Gus,").replace("eps", "zeta"))
        assert page.context["waiting"] == 1
        asked = browser.post(page.context["create_url"])
        assert asked.context["count"] == 1
        assert not Operation.objects.exclude(client__schema_name__in=("alpha", "beta")).exists()
        started = browser.post(asked.context["action"], {"clients": asked.context["clients"]})
        assert started.status_code == 302
        rollout = Rollout.objects.get()
        assert {operation.client_id for operation in rollout.operations.all()} == names("zeta")
        assert (
            "Every new client has its schema"
            in browser.get(page.request["PATH_INFO"]).content.decode()
        )

    def test_opening_it_changes_nothing(self, browser: Any) -> None:
        page = bring_in(browser)
        assert browser.get(page.context["create_url"]).status_code == 302
        assert not Rollout.objects.exists()

    def test_a_file_that_adds_nobody_has_no_schemas_to_create(self, browser: Any) -> None:
        bring_in(browser)
        text = bring_in(browser, FILE.replace("Gus,", "Gustav,")).content.decode()
        assert "was imported" in text
        assert "schema" not in text.partition("importing-done")[2].partition("</section>")[0]

    def test_of_no_import_is_not_there(self, browser: Any) -> None:
        assert browser.post(f"{LIST}import/999/create-schemas/").status_code == 404

    def test_of_one_that_is_not_done_asks_nothing(self, browser: Any) -> None:
        file = io.BytesIO(FILE.encode())
        file.name = "new clients.csv"
        page = browser.post(f"{LIST}import/", {"import_file": file}, follow=True)
        path = page.request["PATH_INFO"]
        response = browser.post(f"{path}create-schemas/", follow=True)
        assert response.redirect_chain == [(path, 302)]
        assert not Rollout.objects.exists()

    def test_without_the_right_to_provision_there_is_no_button(
        self, staff_browser: Callable[..., Any], alpha: Client, outsider: User
    ) -> None:
        rights = ["import_client", "add_client", "change_client", "view_client", "add_domain"]
        outsider.user_permissions.set(Permission.objects.filter(codename__in=rights))
        browser = staff_browser(outsider)
        page = bring_in(browser)
        assert "Create 3 schemas" not in page.content.decode()
        path = page.request["PATH_INFO"]
        assert browser.post(f"{path}create-schemas/").status_code == 403

    def test_needs_the_right_to_import(
        self, browser: Any, staff_browser: Callable[..., Any], viewer: User
    ) -> None:
        page = bring_in(browser)
        for url in (page.request["PATH_INFO"], page.context["create_url"]):
            assert staff_browser(viewer).get(url).status_code == 403
            assert staff_browser(viewer).post(url).status_code == 403


def test_the_preview_names_each_mistake_once(browser: Any) -> None:
    rows = [NEW.replace("gamma", f"g{n}").replace("team", "platinum") for n in range(30)]
    file = io.BytesIO("\n".join([HEADER, *rows]).encode())
    file.name = "clients.csv"
    page = browser.post(f"{LIST}import/", {"import_file": file}, follow=True)
    text = page.content.decode()
    assert text.count("There is no plan with the code “platinum”") == 1
    assert "Lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … (30)" in text
    assert text.count("<h3>\n                        <code>plan</code>") == 1


def test_the_import_page_says_what_each_column_does(browser: Any) -> None:
    text = browser.get(f"{LIST}import/").content.decode()
    assert "Exported; not read back." in text
    assert "leaves what is there; new: UTC" in text
