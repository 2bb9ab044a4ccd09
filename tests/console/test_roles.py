"""Names of roles, and what is granted again when it is run again."""

from __future__ import annotations

import itertools

import pytest
from django.db import connection

from console.postgres import roles
from console.postgres.contexts import owner_rights
from tenants.models import Client
from tenants.schemas.rights import sync_rights


class TestNames:
    def test_say_whose_they_are(self) -> None:
        assert roles.role_for("console", "acme") == "console:acme:rw"
        assert roles.role_for("console", "acme", "ro") == "console:acme:ro"

    def test_fit_into_what_postgresql_keeps(self) -> None:
        name = roles.role_for("d" * 63, "s" * 40, "ro")
        assert len(name.encode()) <= roles.MAX_NAME_BYTES
        assert name.endswith(":" + "s" * 40 + ":ro")

    def test_fit_in_bytes_too(self) -> None:
        assert len(roles.role_for("ü" * 31, "s" * 10).encode()) <= roles.MAX_NAME_BYTES

    def test_are_never_shared(self) -> None:
        databases = ["a", "a:b", "a:b:rw", "x" * 62, "x" * 63]
        schemas = ["a", "b", "b_rw", "rw", "ro", "s" * 40]
        pairs = list(itertools.product(databases, schemas, ("rw", "ro")))
        assert len({roles.role_for(*pair) for pair in pairs}) == len(pairs)


class TestRights:
    def grants(self) -> set[tuple[str, ...]]:
        with owner_rights("alpha"), connection.cursor() as cursor:
            cursor.execute(
                "SELECT grantee, table_name, privilege_type "
                "FROM information_schema.role_table_grants "
                "WHERE table_schema = 'alpha' AND grantee LIKE '%:alpha:%'"
            )
            return set(cursor.fetchall())

    @pytest.mark.parametrize("schema", ["alpha", "public"])
    def test_are_found_as_they_should_be(self, alpha: Client, schema: str) -> None:
        report = sync_rights(schema)
        assert (report.mended, report.left, report.foreign) == ([], [], [])

    @pytest.mark.parametrize(
        ("access", "table", "rights"),
        [
            ("rw", "tenant_data_task", {"SELECT", "INSERT", "UPDATE", "DELETE"}),
            ("rw", "django_migrations", {"SELECT"}),
            ("ro", "tenant_data_task", {"SELECT"}),
            ("ro", "django_session", {"SELECT", "INSERT", "UPDATE", "DELETE"}),
            ("ro", "django_admin_log", {"SELECT", "INSERT"}),
        ],
    )
    def test_each_role_has_what_it_needs(
        self, alpha: Client, access: roles.Access, table: str, rights: set[str]
    ) -> None:
        role = roles.role_for(connection.settings_dict["NAME"], "alpha", access)
        assert {
            right for who, what, right in self.grants() if (who, what) == (role, table)
        } == rights

    def test_neither_logs_in_or_inherits_into_the_logins(self, alpha: Client) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT bool_or(rolcanlogin), bool_or(rolsuper) FROM pg_roles "
                "WHERE rolname LIKE '%:alpha:%'"
            )
            assert cursor.fetchone() == (False, False)
            cursor.execute(
                "SELECT bool_or(inherit_option) FROM pg_auth_members m "
                "JOIN pg_roles r ON r.oid = m.roleid WHERE r.rolname LIKE '%:alpha:%'"
            )
            assert cursor.fetchone() == (False,)

    def test_a_table_that_is_made_later_has_the_rights_too(self, alpha: Client) -> None:
        with owner_rights("alpha"), connection.cursor() as cursor:
            cursor.execute("CREATE TABLE later (id integer)")
        assert {right for _who, what, right in self.grants() if what == "later"} == {
            "SELECT",
            "INSERT",
            "UPDATE",
            "DELETE",
        }
