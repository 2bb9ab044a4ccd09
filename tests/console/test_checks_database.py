"""System checks of the database: rows that lead nowhere, and rights that are too wide."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from psycopg.sql import SQL, Identifier

from console import env
from console.checks import rights
from console.postgres.backend.base import DatabaseWrapper
from console.postgres.contexts import owner_rights
from console.postgres.embedded.logins import SUPERUSER
from console.postgres.roles import role_for
from tenants.models import Client, ClientStatus, Domain
from tests.console import checking

DATABASE = ["default"]


def numbers() -> set[str]:
    return checking.numbers(DATABASE)


def said(number: str) -> str:
    return checking.said(number, DATABASE)


def as_owner(statement: str, *names: str | None) -> None:
    """Run a statement as the owner might by hand; the test takes it back."""
    with owner_rights(), connection.cursor() as cursor:
        cursor.execute(SQL(statement).format(*(Identifier(str(name)) for name in names)))


def add_by_sql(host: str, client: Client) -> None:
    """A domain that no form and no ``save`` has seen."""
    Domain.objects.bulk_create([Domain(domain=host, tenant=client, is_primary=False)])


class TestRows:
    def test_nothing_is_said_before_there_are_tables(self, db: None) -> None:
        Client.objects.filter(schema_name="public").update(schema_name="another")
        assert numbers() == {"console.E421"}
        as_owner("ALTER TABLE tenants_client RENAME TO another")
        assert numbers() == set()

    def test_a_client_stands_for_the_console(self, db: None) -> None:
        Client.objects.filter(schema_name="public").update(schema_name="another")
        assert "manage.py prepare" in said("console.E421")

    def test_a_domain_leads_to_the_console(self, db: None, settings: Any) -> None:
        settings.CONSOLE_DOMAIN = "console.example"
        assert numbers() == {"console.E422"}
        assert "“console.example”" in said("console.E422")

    def test_and_to_no_client(self, alpha: Client, settings: Any) -> None:
        settings.CONSOLE_DOMAIN = "alpha.localhost"
        assert "leads to the client “alpha”" in said("console.E422")

    @pytest.mark.parametrize(
        "host",
        [
            "https://acme.example",
            "acme.example:8000",
            "Acme.example",
            "acme.example/login",
            "www.acme.example",
            "127.0.0.1",
            "::1",
            "acme_1.example",
        ],
    )
    def test_domains_are_bare_names(self, alpha: Client, host: str) -> None:
        add_by_sql(host, alpha)
        assert numbers() == {"console.E423"}
        assert f"The domain “{host}” leads nowhere" in said("console.E423")

    def test_five_of_them_are_enough(self, alpha: Client) -> None:
        for n in range(7):
            add_by_sql(f"ACME{n}.example", alpha)
        assert len(said("console.E423").splitlines()) == 5

    @pytest.mark.parametrize("host", ["acme.example", "xn--mnchen-3ya.example", "1und1.example"])
    def test_a_bare_name_is_welcome(self, alpha: Client, host: str) -> None:
        add_by_sql(host, alpha)
        assert numbers() == set()

    def test_every_clients_domain_is_let_in(self, alpha: Client, settings: Any) -> None:
        add_by_sql("acme.example", alpha)
        settings.ALLOWED_HOSTS = [".localhost"]
        assert numbers() == {"console.E424"}
        assert "domains of clients: acme.example." in said("console.E424")
        settings.ALLOWED_HOSTS = [".localhost", "acme.example"]
        assert numbers() == set()


@pytest.fixture
def superuser_login(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The default connection logs in as the superuser of the tests' own server."""
    if "CONSOLE_TESTS_SERVER" not in os.environ:
        pytest.skip("the tests' server was given to them, without its superuser")
    ours = connections["default"]
    with django_db_blocker.unblock():
        parts = {"USER": SUPERUSER, "PASSWORD": ""}
        connections["default"] = DatabaseWrapper({**ours.settings_dict, **parts}, "default")
        try:
            yield
        finally:
            connections["default"].close()
            connections["default"] = ours


class TestLogins:
    def test_the_server_is_new_enough(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rights, "OLDEST_SERVER", 99)
        assert numbers() == {"console.E402"}
        assert "PostgreSQL 99 or newer" in said("console.E402")

    def test_the_owner_may_work_as_web(self, db: None, settings: Any) -> None:
        settings.WEB_ROLE = "somebody_else"
        assert "GRANT somebody_else TO" in said("console.E401")

    def test_nobody_is_a_superuser(self, superuser_login: None) -> None:
        assert numbers() == {"console.E403"}
        assert f"The login “{SUPERUSER}”" in said("console.E403")

    def test_not_even_the_owner(self, db: None, settings: Any) -> None:
        settings.OWNER_ROLE = SUPERUSER
        assert numbers() == {"console.W411"}

    def test_web_makes_no_roles(self, db: None, settings: Any) -> None:
        settings.WEB_ROLE = settings.OWNER_ROLE
        assert numbers() == {"console.E404"}

    def test_web_reads_the_platforms_tables(self, db: None) -> None:
        as_owner("REVOKE SELECT ON tenants_client FROM {}", env.role_name("web"))
        assert "manage.py sync_roles" in said("console.E410")

    def test_web_itself_may_run_the_checks(self, web_login: None) -> None:
        assert numbers() == set()


class TestRights:
    def test_public_is_closed(self, db: None) -> None:
        as_owner("GRANT USAGE ON SCHEMA public TO PUBLIC")
        assert numbers() == {"console.E405"}

    def test_nobody_makes_temporary_tables(self, db: None) -> None:
        as_owner("GRANT TEMPORARY ON DATABASE {} TO PUBLIC", connection.settings_dict["NAME"])
        assert numbers() == {"console.E406"}

    @pytest.mark.parametrize("who", ["web", "beta", "everybody"])
    def test_a_schema_is_open_to_its_own_roles_alone(self, alpha: Client, who: str) -> None:
        database = connection.settings_dict["NAME"]
        if who == "everybody":
            as_owner("GRANT USAGE ON SCHEMA alpha TO PUBLIC")
        else:
            name = env.role_name("web") if who == "web" else role_for(database, who)
            as_owner("GRANT USAGE ON SCHEMA alpha TO {}", name)
        assert numbers() == {"console.E407"}
        assert "has rights on the schema “alpha”" in said("console.E407")

    def test_roles_that_are_not_the_consoles_are_left_alone(self, alpha: Client) -> None:
        as_owner("GRANT USAGE ON SCHEMA alpha TO pg_monitor")
        assert numbers() == set()

    def test_every_schema_has_its_role(self, draft: Client) -> None:
        as_owner("CREATE SCHEMA {}", draft.schema_name)
        assert numbers() == set()
        made = {"status": ClientStatus.ACTIVE, "provisioned_at": timezone.now()}
        Client.objects.filter(pk=draft.pk).update(**made)
        assert numbers() == {"console.E408"}
        assert "web may become: gamma." in said("console.E408")

    @pytest.mark.parametrize("schema", ["public", "alpha"])
    def test_every_table_has_a_primary_key(self, alpha: Client, schema: str) -> None:
        as_owner("CREATE TABLE {}.without_key (n integer)", schema)
        assert numbers() == {"console.W409"}
        assert f"{schema}.without_key" in said("console.W409")
