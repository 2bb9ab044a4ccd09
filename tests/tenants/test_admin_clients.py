"""The staff's list and form of clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console import env
from console.accounts.models import User
from console.postgres.contexts import owner_rights
from tenants.models import Client, Domain, OperationKind, OperationState, Plan
from tenants.operations.request import request_operation
from tenants.operations.run import fail
from tests.database import make_client

LIST = "/tenants/client/"
ADD = "/tenants/client/add/"


def change(client: Client) -> str:
    return f"/tenants/client/{client.pk}/change/"


def form(*domains: tuple[Any, ...], client: Client | None = None, **fields: Any) -> dict[str, Any]:
    """What a browser posts: the client's fields, and ``(domain, primary, delete, id)`` each."""
    data: dict[str, Any] = {
        "name": "Delta Works",
        "schema_name": "delta",
        "plan": Plan.objects.get_or_create(code="team", defaults={"name": "Team"})[0].pk,
        "admin_name": "Dora",
        "admin_email": "Dora@Delta.example",
        "colour": "#A1B2C3",
        "domains-TOTAL_FORMS": len(domains),
        "domains-INITIAL_FORMS": len([row for row in domains if len(row) > 3]),
        "domains-MIN_NUM_FORMS": 0,
        "domains-MAX_NUM_FORMS": 1000,
    }
    for number, row in enumerate(domains):
        domain, primary, delete, pk = (*row, *(False, "")[len(row) - 2 :])[:4]
        data |= {f"domains-{number}-domain": domain, f"domains-{number}-id": pk}
        data |= {f"domains-{number}-is_primary": "on"} if primary else {}
        data |= {f"domains-{number}-DELETE": "on"} if delete else {}
        if client:
            data[f"domains-{number}-tenant"] = client.pk
    return data | fields


def errors_of(response: Any) -> str:
    """Every message of the form and of the formset, in one text."""
    context = response.context
    formset = context["inline_admin_formsets"][0].formset
    return f"{context['adminform'].form.errors} {formset.errors} {formset.non_form_errors()}"


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


class TestAdding:
    def test_adds_the_client_with_its_domain_and_a_log_entry(self, browser: Any) -> None:
        response = browser.post(ADD, form(("Delta.Localhost", True)))
        assert response.status_code == 302, errors_of(response)
        client = Client.objects.get(schema_name="delta")
        assert client.admin_email == "dora@delta.example"
        assert client.colour == "#a1b2c3"
        assert client.get_primary_domain().domain == "delta.localhost"
        assert not client.is_provisioned
        assert not client.operations.exists()
        assert LogEntry.objects.get(object_id=client.pk).is_addition()

    def test_needs_the_permission(self, staff_browser: Callable[..., Any], viewer: User) -> None:
        assert staff_browser(viewer).post(ADD, form()).status_code == 403
        assert not Client.objects.filter(schema_name="delta").exists()

    @pytest.mark.parametrize(
        ("name", "schema_name"),
        [
            ("Ünited & Søns, 24 Ltd.", "united_sns_24_ltd"),
            ("Public", "client_public"),
            ("Alpha", "alpha_2"),
            ("x" * 60, "x" * 40),
        ],
    )
    def test_an_empty_schema_name_is_made_from_the_name(
        self, browser: Any, alpha: Client, name: str, schema_name: str
    ) -> None:
        response = browser.post(ADD, form(name=name, schema_name=""))
        assert response.status_code == 302, errors_of(response)
        assert Client.objects.get(name=name, schema_name=schema_name)

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"schema_name": "Delta"}, "all lower case"),
            ({"schema_name": "pg_delta"}, "reserved"),
            ({"schema_name": "public"}, "already"),
            ({"schema_name": "alpha"}, "already"),
            ({"schema_name": "", "name": "株式会社"}, "No schema name can be made"),
            ({"colour": "red"}, "#2563eb"),
            ({"admin_email": "dora"}, "valid email"),
        ],
    )
    def test_says_what_is_wrong(
        self, browser: Any, alpha: Client, fields: dict[str, str], message: str
    ) -> None:
        response = browser.post(ADD, form(**fields))
        assert response.status_code == 200
        assert message in errors_of(response)

    def test_refuses_a_schema_that_only_the_database_knows(self, browser: Any) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA stray")
        response = browser.post(ADD, form(schema_name="stray"))
        assert "The database has a schema “stray” already" in errors_of(response)


class TestDomains:
    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            ([("a.localhost", False), ("b.localhost", False)], "as the primary one"),
            ([("a.localhost", True), ("b.localhost", True)], "a.localhost, b.localhost"),
            ([("alpha.localhost", True)], "belongs to a client already"),
            ([("https://a.localhost", True)], "host name alone"),
        ],
    )
    def test_exactly_one_is_primary(
        self, browser: Any, alpha: Client, rows: list[Any], message: str
    ) -> None:
        response = browser.post(ADD, form(*rows))
        assert response.status_code == 200
        assert message in errors_of(response)
        assert not Client.objects.filter(schema_name="delta").exists()

    @pytest.mark.parametrize("new_first", [True, False])
    def test_the_mark_can_move(self, browser: Any, draft: Client, new_first: bool) -> None:
        old = draft.domains.get()
        new = Domain.objects.create(tenant=draft, domain="new.localhost", is_primary=False)
        rows = [(old.domain, False, False, old.pk), (new.domain, True, False, new.pk)]
        rows.sort(key=lambda row: row[1], reverse=new_first)
        response = browser.post(change(draft), form(*rows, client=draft, schema_name="gamma"))
        assert response.status_code == 302, errors_of(response)
        assert draft.get_primary_domain() == new

    def test_the_mark_can_move_to_a_new_row(self, browser: Any, draft: Client) -> None:
        old = draft.domains.get()
        rows = [(old.domain, False, True, old.pk), ("new.localhost", True)]
        response = browser.post(change(draft), form(*rows, client=draft, schema_name="gamma"))
        assert response.status_code == 302, errors_of(response)
        assert draft.domains.get().domain == "new.localhost"

    def test_a_client_with_a_schema_keeps_one(self, browser: Any, alpha: Client) -> None:
        domain = alpha.domains.get()
        row = (domain.domain, True, True, domain.pk)
        response = browser.post(change(alpha), form(row, client=alpha))
        assert "nobody could reach it" in errors_of(response)
        assert alpha.domains.exists()


class TestChanging:
    def test_changes_and_logs(self, browser: Any, draft: Client) -> None:
        domain = draft.domains.get()
        rows = form((domain.domain, True, False, domain.pk), client=draft, schema_name="gamma_2")
        assert browser.post(change(draft), rows).status_code == 302
        draft.refresh_from_db()
        assert (draft.name, draft.schema_name) == ("Delta Works", "gamma_2")
        assert LogEntry.objects.get(object_id=draft.pk).is_change()

    def test_needs_the_permission(
        self, staff_browser: Callable[..., Any], viewer: User, draft: Client
    ) -> None:
        browser = staff_browser(viewer)
        assert browser.get(change(draft)).status_code == 200
        assert browser.post(change(draft), form(client=draft)).status_code == 403

    def test_what_the_schema_was_made_with_stays(self, browser: Any, alpha: Client) -> None:
        page = browser.get(change(alpha)).content.decode()
        assert 'name="schema_name"' not in page
        assert "cannot be changed here" in page
        domain = alpha.domains.get()
        rows = form((domain.domain, True, False, domain.pk), client=alpha, name="Alpha Ltd")
        assert browser.post(change(alpha), rows).status_code == 302
        before, alpha = alpha, Client.objects.get(pk=alpha.pk)
        assert alpha.name == "Alpha Ltd"
        assert alpha.schema_name == before.schema_name
        assert alpha.admin_email == before.admin_email
        assert alpha.provisioned_at == before.provisioned_at

    def test_what_an_open_operation_needs_stays(self, browser: Any, draft: Client) -> None:
        request_operation(draft, OperationKind.CREATE_SCHEMA, acting_user=None)
        domain = draft.domains.get()
        rows = form((domain.domain, True, False, domain.pk), client=draft)
        assert browser.post(change(draft), rows).status_code == 302
        draft.refresh_from_db()
        assert (draft.schema_name, draft.admin_email) == ("gamma", "ada@gamma.example")

    def test_does_not_wait_for_a_worker(self, browser: Any, alpha: Client) -> None:
        parts = {**(env.conninfo("owner") or {}), "dbname": settings.DATABASES["default"]["NAME"]}
        with psycopg.connect(**parts) as worker:
            worker.execute("SELECT 1 FROM tenants_client WHERE id = %s FOR UPDATE", [alpha.pk])
            response = browser.post(change(alpha), form(client=alpha, name="Late"), follow=True)
        assert "being worked on at this moment" in response.content.decode()
        alpha.refresh_from_db()
        assert alpha.name == "Alpha"
