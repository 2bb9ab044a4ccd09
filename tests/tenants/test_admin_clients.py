"""The staff's list of clients, the console's own row in it, and that none is deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.accounts.models import User
from tenants.models import Client, OperationKind, OperationState
from tenants.operations.request import request_operation
from tenants.operations.run import fail
from tests.database import make_client
from tests.tenants.client_pages import change, form

LIST = "/tenants/client/"


@pytest.fixture
def draft(db: None) -> Client:
    return make_client("gamma", ready=False)


@pytest.fixture
def browser(staff_browser: Callable[..., Any], operator: User) -> Any:
    return staff_browser(operator)


class TestList:
    def test_shows_state_and_address_with_this_scheme_and_port(
        self, browser: Any, alpha: Client, draft: Client
    ) -> None:
        text = browser.get(LIST, headers={"host": "localhost:8123"}).content.decode()
        assert 'href="http://alpha.localhost:8123"' in text
        assert 'href="http://gamma.localhost:8123"' not in text  # nothing is there yet
        assert "gamma.localhost" in text

    @pytest.mark.parametrize(
        ("state", "tab"),
        [
            (None, "none"),
            (OperationState.QUEUED, "waiting"),
            (OperationState.RUNNING, "making"),
            (OperationState.FAILED, "failed"),
        ],
    )
    def test_tabs_filter_by_state(
        self, browser: Any, draft: Client, state: str | None, tab: str
    ) -> None:
        if state:
            operation = request_operation(draft, OperationKind.CREATE_SCHEMA, acting_user=None)
            operation.state = state
            operation.save()
        found = browser.get(LIST, {"schema": tab}).context
        assert [client.schema_name for client in found["cl"].result_list] == ["gamma"]
        assert next(t["title"] for t in found["state_tabs"] if t["active"]).endswith("(1)")
        ready = browser.get(LIST, {"schema": "ready"}).context["cl"].result_list
        assert {client.schema_name for client in ready} == {"alpha", "beta"}

    def test_a_ready_client_shows_that_its_migration_failed(
        self, browser: Any, alpha: Client
    ) -> None:
        operation = request_operation(alpha, OperationKind.MIGRATE_SCHEMA, acting_user=None)
        assert "Being migrated" in browser.get(LIST).content.decode()
        fail(operation, ValueError("no"))
        assert "Last migration failed" in browser.get(LIST).content.decode()

    def test_a_tab_keeps_the_other_filters(self, browser: Any, draft: Client) -> None:
        query = {"plan__id__exact": draft.plan_id, "p": 1}
        tabs = browser.get(LIST, query).context["state_tabs"]
        assert all(f"plan__id__exact={draft.plan_id}" in tab["link"] for tab in tabs)

    def test_finds_by_domain_and_by_e_mail(self, browser: Any, draft: Client) -> None:
        for term in ("gamma.localhost", "ada@gamma.example"):
            found = browser.get(LIST, {"q": term}).context["cl"].result_list
            assert [client.schema_name for client in found] == ["gamma"]

    def test_names_are_escaped(self, browser: Any) -> None:
        make_client("evil", name="<script>alert(1)</script>", ready=False)
        assert "<script>alert(1)" not in browser.get(LIST).content.decode()

    def test_costs_the_same_for_5_and_for_50(self, browser: Any) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(LIST).status_code == 200
            return len(captured)

        for number in range(2):
            make_client(f"few{number}", ready=False)
        browser.get(LIST)  # content types are read once per process
        few = queries()
        for number in range(45):
            make_client(f"many{number}", ready=False)
        assert Client.objects.count() == 50
        assert queries() == few

    def test_needs_the_permission(
        self, staff_browser: Callable[..., Any], viewer: User, outsider: User
    ) -> None:
        assert staff_browser(viewer).get(LIST).status_code == 200
        assert staff_browser(outsider).get(LIST).status_code == 403
        assert staff_browser().get(LIST).status_code == 302


class TestThePublicRow:
    @pytest.fixture
    def public(self, db: None) -> Client:
        return Client.objects.get(schema_name="public")

    def test_is_shown_and_cannot_be_selected(self, browser: Any, public: Client) -> None:
        response = browser.get(LIST)
        assert public in response.context["cl"].result_list
        assert f'name="_selected_action" value="{public.pk}"' not in response.content.decode()

    def test_has_no_form_and_no_actions(self, browser: Any, public: Client) -> None:
        response = browser.get(change(public))
        assert not response.context["has_change_permission"]
        assert not response.context["actions_detail"]
        text = response.content.decode()
        assert 'name="_save"' not in text
        assert 'name="domains-0-domain"' not in text

    def test_refuses_a_post(self, browser: Any, public: Client) -> None:
        domain = public.domains.get()
        rows = form((domain.domain, True, True, domain.pk), client=public, name="Mine")
        assert browser.post(change(public), rows).status_code == 403
        public.refresh_from_db()
        assert public.name == "Console"
        assert public.domains.exists()

    @pytest.mark.parametrize("path", ["create-schema", "migrate-schema", "sign-in-link"])
    def test_refuses_every_action(self, browser: Any, public: Client, path: str) -> None:
        response = browser.post(f"/tenants/client/{public.pk}/{path}/", follow=True)
        assert "stands for the console itself" in response.content.decode()
        assert not public.operations.exists()

    def test_is_not_offered_to_attach_things_to(self, browser: Any, public: Client) -> None:
        query = {"app_label": "tenants", "model_name": "domain", "field_name": "tenant"}
        found = browser.get(reverse("admin:autocomplete", "console.urls_public"), query).json()
        names = {result["text"] for result in found["results"]}
        assert "Alpha" in names
        assert "Console" not in names


class TestNoDelete:
    def test_no_client_can_be_deleted(self, browser: Any, draft: Client) -> None:
        assert (
            browser.post(f"/tenants/client/{draft.pk}/delete/", {"post": "yes"}).status_code == 403
        )
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
