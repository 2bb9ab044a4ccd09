"""The page after files of clients: the schemas of exactly those that were added."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry as DjangosLogEntry
from django.contrib.auth.models import Permission

from console.accounts.models import User
from console.history.models import LogEntry
from console.importing import done
from console.importing.results import ImportResult
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
    preview = browser.post(f"{LIST}import/", {"import_file": file})
    token = preview.context["confirm_form"].initial["token"]
    return browser.post(f"{LIST}process_import/", {"token": token}, follow=True)


def names(*schemas: str) -> set[int]:
    return set(Client.objects.filter(schema_name__in=schemas).values_list("pk", flat=True))


class TestDone:
    def test_says_what_was_done_and_offers_the_schemas(self, browser: Any) -> None:
        text = bring_in(browser).content.decode()
        assert "new clients.csv was imported" in text
        assert "3 new, 0 changed, 0 unchanged" in text
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

    def test_keeps_little_in_the_session_however_many_there_are(self, browser: Any) -> None:
        """Every later request reads the session."""
        session: dict[str, Any] = {}
        for _import in range(4):
            result = ImportResult()
            result.added = [*range(7, 50_007), 60_000]
            done.keep_done(session, "tenants.client", result)
        assert len(json.dumps(session)) < 2000

    def test_knows_exactly_those_that_were_added(self, db: None) -> None:
        session: dict[str, Any] = {}
        result = ImportResult()
        result.added = [9, 3, 4, 5]
        kept = done.recall_done(session, "x", done.keep_done(session, "x", result))
        assert kept is not None
        assert (kept.runs, kept.is_cut) == ([[3, 5], [9, 9]], False)
        nobody = done.Done("x", "", "", runs=[], is_cut=False, at=0)
        assert not Client.objects.filter(nobody.is_added).exists()

    def test_says_so_where_it_does_not_know_all(
        self, browser: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(done, "MAX_RUNS", 1)
        monkeypatch.setattr(done, "_runs", lambda ids: [[pk, pk] for pk in sorted(ids)])
        page = bring_in(browser)
        text = page.content.decode()
        assert page.context["waiting"] == 1
        assert "Others added clients at the same time" in text
        assert "Every new client has its schema" not in text
        listed = browser.get(page.context["drafts_url"])
        found = {client.pk for client in listed.context["cl"].result_list}
        assert names("gamma", "delta", "eps") <= found

    def test_of_an_older_session_leads_to_the_list(self, browser: Any) -> None:
        page = bring_in(browser)
        session = browser.session
        for kept in session[done.SESSION_KEY].values():
            kept["added"] = kept.pop("runs")
        session.save()
        response = browser.get(page.request["PATH_INFO"], follow=True)
        assert response.redirect_chain[-1][0] == LIST

    def test_opening_it_changes_nothing(self, browser: Any) -> None:
        page = bring_in(browser)
        assert browser.get(page.context["create_url"]).status_code == 302
        assert not Rollout.objects.exists()

    def test_a_file_that_adds_nobody_leads_to_the_list(self, browser: Any) -> None:
        bring_in(browser)
        response = bring_in(browser, FILE.replace("Gus,", "Gustav,"))
        assert response.redirect_chain[-1][0] == LIST

    def test_is_gone_after_an_hour(self, browser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        page = bring_in(browser)
        monkeypatch.setattr(done, "MAX_AGE", -1)
        response = browser.get(page.request["PATH_INFO"], follow=True)
        assert response.redirect_chain[-1][0] == LIST
        assert browser.post(page.context["create_url"], follow=True).redirect_chain[-1][0] == LIST

    @pytest.mark.parametrize("key", ["x", "0" * 16, "../.."])
    def test_of_no_import_leads_to_the_list(self, browser: Any, key: str) -> None:
        assert browser.get(f"{LIST}import/done/{key}/").status_code in (302, 404)

    def test_is_for_the_person_who_imported(
        self, browser: Any, staff_browser: Callable[..., Any]
    ) -> None:
        page = bring_in(browser)
        other = User.objects.create_superuser("other@console.example")
        response = staff_browser(other).post(page.context["create_url"], follow=True)
        assert response.redirect_chain[-1][0] == LIST
        assert not Rollout.objects.exists()

    def test_without_the_right_to_provision_there_is_no_button(
        self, staff_browser: Callable[..., Any], alpha: Client, outsider: User
    ) -> None:
        rights = ["import_client", "add_client", "change_client", "view_client", "add_domain"]
        outsider.user_permissions.set(Permission.objects.filter(codename__in=rights))
        browser = staff_browser(outsider)
        response = bring_in(browser)
        assert response.redirect_chain[-1][0] == LIST
        assert browser.post(f"{LIST}import/done/x/create-schemas/").status_code == 403

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
    text = browser.post(f"{LIST}import/", {"import_file": file}).content.decode()
    assert text.count("There is no plan with the code “platinum”") == 1
    assert "Lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … (30)" in text
    assert text.count("<code>plan</code>") == 1


def test_the_import_page_says_what_each_column_does(browser: Any) -> None:
    text = browser.get(f"{LIST}import/").content.decode()
    assert "Exported; not read back." in text
    assert "leaves what is there; new: UTC" in text
