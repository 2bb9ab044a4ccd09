"""The staff's list of clients: columns, tabs, filters, search; and that none is deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import User
from console.postgres.contexts import owner_rights
from tenants.admin.state_badge import label
from tenants.models import (
    Client,
    Operation,
    OperationKind,
    OperationState,
    SchemaVersion,
)
from tenants.operations.lifecycle import archive, suspend
from tenants.operations.request import request_operation
from tenants.operations.run import fail
from tenants.operations.versions import record_unknown_versions
from tenants.schemas.migrate import known_migrations
from tests.database import make_client
from tests.tenants.client_pages import LIST, change, form, names, texts_of


class TestColumns:
    def test_the_name_has_the_reference_and_the_tags_below_it(
        self, browser: Any, draft: Client
    ) -> None:
        draft.external_reference = "C-17"
        draft.tags = ["a", "b", "c", "d"]
        draft.save()
        assert "C-17 · a · b · c · +1" in texts_of(browser)

    def test_the_address_is_a_link_with_this_scheme_and_port(
        self, browser: Any, alpha: Client, draft: Client
    ) -> None:
        text = browser.get(LIST, headers={"host": "localhost:8123"}).content.decode()
        assert 'href="http://alpha.localhost:8123"' in text
        assert 'href="http://gamma.localhost:8123"' not in text  # nothing is there yet
        assert "gamma.localhost" in text

    def test_a_suspended_client_has_no_link(self, browser: Any, alpha: Client) -> None:
        suspend(alpha, acting_user=None)
        text = texts_of(browser, status="suspended")
        assert "alpha.localhost" in text
        assert 'href="http://alpha.localhost' not in text

    @pytest.mark.parametrize(("days", "text"), [(-1, "Over"), (0, "Soon"), (14, "Soon"), (15, "")])
    def test_a_trial_warns(self, browser: Any, draft: Client, days: int, text: str) -> None:
        draft.trial_ends_on = timezone.localdate() + timedelta(days=days)
        draft.save()
        page = texts_of(browser, status="draft")
        cell = page[page.index("tenants-day") :]
        cell = cell[: cell.index("</td>")]
        assert [word for word in ("Over", "Soon") if word in cell] == ([text] if text else [])

    @pytest.mark.parametrize(
        ("ago", "text"),
        [
            (timedelta(seconds=9), "Just now"),
            (timedelta(minutes=2, seconds=1), "2\xa0minutes ago"),
            (timedelta(days=3, hours=2), "3\xa0days ago"),
        ],
    )
    def test_says_how_long_ago_a_client_was_active(
        self, browser: Any, alpha: Client, ago: timedelta, text: str
    ) -> None:
        Client.objects.filter(pk=alpha.pk).update(last_active_at=timezone.now() - ago)
        assert text in texts_of(browser)

    def test_a_ready_client_shows_that_its_migration_failed(
        self, browser: Any, alpha: Client
    ) -> None:
        operation = request_operation(alpha, OperationKind.MIGRATE_SCHEMA, acting_user=None)
        assert "Migration waits" in texts_of(browser)
        Operation.objects.filter(pk=operation.pk).update(state=OperationState.RUNNING)
        assert "Being migrated" in texts_of(browser)
        fail(operation, ValueError("no"))
        assert "Last migration failed" in texts_of(browser)

    def test_says_by_how_much_a_schema_is_behind(self, browser: Any, alpha: Client) -> None:
        known = sorted(known_migrations())
        alpha.schema_version = SchemaVersion.objects.of(known[:-2])
        alpha.save()
        assert "Behind by 2" in texts_of(browser, schema="behind")

    def test_says_that_a_schema_is_missing(self, browser: Any, alpha: Client) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA alpha CASCADE")
        assert names(browser, schema="missing") == ["alpha"]
        assert names(browser, schema="ready") == ["beta"]
        assert " ".join(label("Missing", "danger").split()) in " ".join(texts_of(browser).split())

    def test_does_not_say_that_a_schema_is_ready_of_which_the_version_is_not_known(
        self, browser: Any, alpha: Client
    ) -> None:
        alpha.schema_version = None
        alpha.save()
        assert names(browser, schema="unknown") == ["alpha"]
        assert names(browser, schema="ready") == ["beta"]
        record_unknown_versions()  # As `prepare` does.
        assert names(browser, schema="ready") == ["alpha", "beta"]

    def test_the_box_of_a_row_has_its_name(self, browser: Any, alpha: Client) -> None:
        page = texts_of(browser)
        box = page[: page.index('aria-label="Select Alpha"')]
        assert f'name="_selected_action" value="{alpha.pk}"' in box[box.rindex("<") :]

    def test_names_are_escaped(self, browser: Any) -> None:
        make_client("evil", name="<script>alert(1)</script>", ready=False)
        Client.objects.filter(schema_name="evil").update(external_reference="<b>1</b>")
        assert "<script>alert(1)" not in texts_of(browser)
        assert "<b>1</b>" not in texts_of(browser)

    def test_is_called_by_what_it_lists_and_shows_no_numbers_of_an_order(
        self, browser: Any, draft: Client
    ) -> None:
        page = texts_of(browser)
        assert "<title> Clients |" in " ".join(page.split())
        assert 'class="sortpriority' not in page


class TestTabs:
    @pytest.fixture
    def clients(self, alpha: Client, beta: Client, draft: Client) -> None:
        suspend(beta, acting_user=None)
        old = make_client("old", ready=False)
        archive(old, removal_on=timezone.localdate(), acting_user=None)

    def tabs(self, browser: Any, **query: Any) -> dict[str, bool]:
        tabs = browser.get(LIST, query).context["status_tabs"]
        return {str(tab["title"]): tab["active"] for tab in tabs}

    def test_the_archived_ones_are_out_of_the_way(self, browser: Any, clients: None) -> None:
        assert names(browser) == ["alpha", "beta", "gamma"]
        assert self.tabs(browser) == {
            "In use (3)": True,
            "Draft (1)": False,
            "Provisioning (0)": False,
            "Active (1)": False,
            "Suspended (1)": False,
            "Archived (1)": False,
        }

    @pytest.mark.parametrize(
        ("status", "found"),
        [
            ("draft", ["gamma"]),
            ("provisioning", []),
            ("active", ["alpha"]),
            ("suspended", ["beta"]),
            ("archived", ["old"]),
            ("all", ["alpha", "beta", "gamma", "old"]),
            ("nonsense", ["alpha", "beta", "gamma"]),
        ],
    )
    def test_filter_by_status(
        self, browser: Any, clients: None, status: str, found: list[str]
    ) -> None:
        assert names(browser, status=status) == found

    def test_count_what_the_other_filters_leave(self, browser: Any, clients: None) -> None:
        tabs = self.tabs(browser, q="old")
        assert "In use (0)" in tabs
        assert "Archived (1)" in tabs

    def test_keep_the_other_filters_and_go_back_to_the_first_page(
        self, browser: Any, draft: Client
    ) -> None:
        query = {"plan__id__exact": draft.plan_id, "p": 1}
        tabs = browser.get(LIST, query).context["status_tabs"]
        assert all(f"plan__id__exact={draft.plan_id}" in tab["link"] for tab in tabs)
        assert not any("p=1" in tab["link"].replace("plan", "") for tab in tabs)

    def test_the_number_of_rows_is_the_tabs(self, browser: Any, clients: None) -> None:
        for status, number in (("", 3), ("archived", 1), ("all", 4)):
            assert browser.get(LIST, {"status": status}).context["cl"].result_count == number


def test_the_list_needs_the_permission(
    staff_browser: Callable[..., Any], viewer: User, outsider: User
) -> None:
    assert staff_browser(viewer).get(LIST).status_code == 200
    assert staff_browser(outsider).get(LIST).status_code == 403
    assert staff_browser().get(LIST).status_code == 302


class TestThePublicRow:
    """The row that stands for the console itself is nowhere among the clients."""

    @pytest.fixture
    def public(self, db: None) -> Client:
        return Client.objects.get(schema_name="public")

    def test_is_not_listed_and_not_counted(self, browser: Any, public: Client) -> None:
        assert "public" not in names(browser, status="all")
        assert names(browser, q="public") == []

    @pytest.mark.parametrize(
        "path", ["change", "history", "delete", "create-schema", "migrate-schema", "sign-in-link"]
    )
    def test_has_no_page(self, browser: Any, public: Client, path: str) -> None:
        url = f"/tenants/client/{public.pk}/{path}/"
        assert browser.get(url).status_code == 302
        response = browser.post(url, form(client=public, name="Mine"), follow=True)
        assert "Perhaps it was deleted" in response.content.decode()
        public.refresh_from_db()
        assert public.name == "Console"
        assert public.domains.exists()
        assert not public.operations.exists()

    def test_is_not_found_by_the_palette(self, browser: Any, public: Client) -> None:
        assert f"/client/{public.pk}/" not in browser.get("/search/", {"s": "con"}).content.decode()

    def test_is_not_offered_to_attach_things_to(self, browser: Any, public: Client) -> None:
        query = {"app_label": "tenants", "model_name": "domain", "field_name": "tenant"}
        found = browser.get(reverse("admin:autocomplete", "console.urls_public"), query).json()
        names = {result["text"] for result in found["results"]}
        assert "Alpha" in names
        assert "Console" not in names


class TestNoDelete:
    def test_no_client_can_be_deleted(self, browser: Any, draft: Client) -> None:
        response = browser.post(f"/tenants/client/{draft.pk}/delete/", {"post": "yes"}, follow=True)
        assert "can be archived" in response.content.decode()
        assert "/delete/" not in browser.get(change(draft)).content.decode()
        response = browser.post(
            LIST, {"action": "delete_selected", "_selected_action": draft.pk, "post": "yes"}
        )
        assert response.status_code == 302
        assert Client.objects.filter(pk=draft.pk).exists()


def test_the_fields_of_a_domain_have_names_for_screen_readers(browser: Any, alpha: Client) -> None:
    page = browser.get(f"{LIST}{alpha.pk}/change/").content.decode()
    domain = page[page.index('name="domains-0-domain"') :]
    assert 'aria-label="Domain"' in domain[: domain.index(">")]
