"""The staff's form of a client, with its domains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from console import env
from console.accounts.models import User
from console.history.models import LogEntry
from console.postgres.contexts import owner_rights
from tenants.models import Client, Domain, OperationKind
from tenants.operations.request import request_operation
from tests.tenants.client_pages import change, errors_of, form

ADD = "/tenants/client/add/"


class TestAdding:
    def test_adds_the_client_with_its_domain_and_a_log_entry(
        self, browser: Any, operator: User
    ) -> None:
        response = browser.post(ADD, form(("Delta.Localhost", True)))
        assert response.status_code == 302, errors_of(response)
        client = Client.objects.get(schema_name="delta")
        assert client.admin_email == "dora@delta.example"
        assert client.colour == "#a1b2c3"
        assert client.get_primary_domain().domain == "delta.localhost"
        assert not client.is_provisioned
        assert not client.operations.exists()
        entry = LogEntry.objects.get_for_object(client).get()
        assert (entry.action, entry.actor_email) == (LogEntry.Action.CREATE, operator.email)

    def test_needs_the_permission(self, staff_browser: Callable[..., Any], viewer: User) -> None:
        assert staff_browser(viewer).post(ADD, form()).status_code == 403
        assert not Client.objects.filter(schema_name="delta").exists()

    @pytest.mark.parametrize(
        ("name", "schema_name"),
        [
            ("Ünited & Søns, 24 Ltd.", "united_sns_24_ltd"),
            ("Public", "client_public"),
            ("Alpha!", "alpha_2"),
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

    def test_says_so_where_somebody_was_quicker(
        self, browser: Any, draft: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        look, blind = Client._perform_unique_checks, [True]

        def look_too_early(client: Client, checks: Any) -> Any:
            return {} if blind and blind.pop() else look(client, checks)

        monkeypatch.setattr(Client, "_perform_unique_checks", look_too_early)
        response = browser.post(ADD, form(schema_name="gamma"))
        assert "already exists" in errors_of(response)

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

    @pytest.mark.parametrize("twin", ["shop.example.com", "SHOP.example.com.", " Shop.Example.com"])
    def test_two_spellings_of_one_host_are_one(
        self, browser: Any, draft: Client, twin: str
    ) -> None:
        old = draft.domains.get()
        row = (old.domain, True, False, old.pk)
        rows = form(row, ("Shop.example.com", False), (twin, False), client=draft)
        response = browser.post(change(draft), rows)
        assert response.status_code == 200
        assert "duplicate" in errors_of(response)
        assert draft.domains.count() == 1

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
        entry = LogEntry.objects.get_for_object(draft).first()
        assert (entry.action, entry.changes["name"]) == (
            LogEntry.Action.UPDATE,
            ["Gamma", "Delta Works"],
        )

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

    def test_does_not_wait_for_a_worker_and_loses_nothing_that_was_typed(
        self, browser: Any, alpha: Client
    ) -> None:
        parts = {**(env.conninfo("owner") or {}), "dbname": settings.DATABASES["default"]["NAME"]}
        domain = alpha.domains.get()
        row = (domain.domain, True, False, domain.pk)
        rows = form(row, ("more.localhost", False), client=alpha, name="Late", tags="typed")
        with psycopg.connect(**parts) as worker:
            worker.execute("SELECT 1 FROM tenants_client WHERE id = %s FOR UPDATE", [alpha.pk])
            response = browser.post(change(alpha), rows)
        assert response.status_code == 200
        page = response.content.decode()
        assert "Alpha is being worked on, or changed by somebody else" in page
        assert "Nothing was saved." in page
        assert "Please correct" not in page
        for typed in ("Late", "typed", "more.localhost"):
            assert f'value="{typed}"' in page, typed
        alpha.refresh_from_db()
        assert (alpha.name, alpha.tags, alpha.domains.count()) == ("Alpha", [], 1)

        # The same again, once the worker is done.
        assert browser.post(change(alpha), rows).status_code == 302
        alpha.refresh_from_db()
        assert (alpha.name, alpha.tags, alpha.domains.count()) == ("Late", ["typed"], 2)
