"""The doctor names who may do too much, and what the server gives away."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from console import env
from console.doctor import boundaries, logins
from console.postgres.embedded.logins import SUPERUSER
from console.postgres.roles import role_for
from tenants.models import Client
from tests.console.test_doctor import Findings, failed, granted, pair, tried
from tests.console.test_doctor_upkeep import as_owner, found

__all__ = ["pair", "tried"]


def role(schema: str) -> str:
    return f'"{role_for(connection.settings_dict["NAME"], schema)}"'


@pytest.fixture
def as_superuser(django_db_setup: None) -> Iterator[Callable[..., None]]:
    """Runs a statement, which is committed, and one that undoes it at the end."""
    if "CONSOLE_TESTS_SERVER" not in os.environ:
        pytest.skip("the tests' server was given to them, without its superuser")
    parts = {**(env.conninfo("owner") or {}), "dbname": connection.settings_dict["NAME"]}
    url = make_conninfo(**{**parts, "user": SUPERUSER})
    with psycopg.connect(url, autocommit=True) as superuser:
        undo: list[str] = []

        def run(statement: str, *, then: str) -> None:
            superuser.execute(statement)
            undo.append(then)

        try:
            yield run
        finally:
            for statement in reversed(undo):
                superuser.execute(statement)


@pytest.mark.usefixtures("db")
class TestLogins:
    def seen(self, name: str) -> tuple[str, str]:
        findings = found(logins.logins)
        assert failed(findings) <= {name}
        return str(findings[name].verdict), findings[name].seen

    def test_web_is_a_member_of_something(self) -> None:
        as_owner("CREATE ROLE helpers")
        as_owner("GRANT helpers TO console_web")
        assert self.seen("login.web") == ("failed", "It has the role helpers.")

    def test_web_could_make_itself_one(self) -> None:
        """It administers the role, and may neither become it nor use its rights."""
        as_owner("CREATE ROLE helpers")
        as_owner("GRANT helpers TO console_web WITH ADMIN TRUE, SET FALSE, INHERIT FALSE")
        assert self.seen("login.web") == ("failed", "It has the role helpers.")

    def test_web_reaches_power_through_others(self) -> None:
        as_owner("CREATE ROLE inside CREATEROLE")
        as_owner("CREATE ROLE outside")
        as_owner("GRANT inside TO outside")
        as_owner("GRANT outside TO console_web")
        seen = "It has the role inside (CREATEROLE), the role outside."
        assert self.seen("login.web") == ("failed", seen)

    def test_web_reaches_power_through_a_tenants_role(self, alpha: Client) -> None:
        as_owner(f"ALTER ROLE {role('alpha')} CREATEDB")
        name = role("alpha").strip('"')
        assert self.seen("login.web") == ("failed", f"It has the role {name} (CREATEDB).")

    def test_web_owns_something(self, alpha: Client) -> None:
        as_owner("GRANT CREATE ON SCHEMA public TO console_web")
        as_owner("ALTER TABLE public.tenants_plan OWNER TO console_web")
        verdict, seen = self.seen("login.web")
        assert verdict == "failed"
        assert "things of its own" in seen

    @pytest.mark.parametrize(
        "given", ["pg_read_all_data", "pg_write_all_data", "pg_execute_server_program"]
    )
    @pytest.mark.parametrize(("login", "verdict"), [("web", "failed"), ("owner", "warning")])
    def test_a_role_that_the_server_is_made_with(
        self, given: str, login: str, verdict: str, as_superuser: Callable[..., None]
    ) -> None:
        name = f"console_{login}"
        as_superuser(f"GRANT {given} TO {name}", then=f"REVOKE {given} FROM {name}")
        findings = found(logins.logins)
        # The owner may become web, and so has what web has.
        assert f"login.{login}" in failed(findings)
        assert findings[f"login.{login}"].verdict == verdict
        assert findings[f"login.{login}"].seen == f"It has the role {given}."

    def test_the_owner_is_a_member_of_a_superuser(self, as_superuser: Callable[..., None]) -> None:
        as_superuser("CREATE ROLE admins SUPERUSER", then="DROP ROLE admins")
        as_superuser("GRANT admins TO console_owner", then="REVOKE admins FROM console_owner")
        assert self.seen("login.owner") == ("warning", "It has the role admins (SUPERUSER).")

    def test_the_owner_may_have_roles_without_power(self) -> None:
        as_owner("CREATE ROLE helpers")
        as_owner("GRANT helpers TO console_owner WITH SET TRUE")
        assert self.seen("login.owner") == ("ok", "Nothing.")


class TestBoundaries:
    """What only a superuser can spoil."""

    def test_tables_of_the_consoles_own(
        self, tried: Callable[[Any], Findings], pair: list[str]
    ) -> None:
        with granted(pair, "CREATE ON SCHEMA public {to} {web}"):
            findings = tried(boundaries.boundaries)
        assert failed(findings) == {"boundary.structure"}
        assert "CREATE TABLE public.loot (id integer): it was done" in (
            findings["boundary.structure"].seen
        )

    @pytest.mark.parametrize(
        ("name", "right"),
        [
            ("boundary.server", "EXECUTE ON FUNCTION pg_catalog.pg_read_file(text)"),
            ("boundary.server", "pg_execute_server_program"),
            ("boundary.statements", "pg_read_all_stats"),
        ],
    )
    def test_what_the_server_gives_away(
        self,
        name: str,
        right: str,
        tried: Callable[[Any], Findings],
        pair: list[str],
        as_superuser: Callable[..., None],
    ) -> None:
        tenant = role(pair[0])
        as_superuser(f"GRANT {right} TO {tenant}", then=f"REVOKE {right} FROM {tenant}")
        assert failed(tried(boundaries.boundaries)) == {name}

    def test_large_objects_that_everybody_may_read(
        self, tried: Callable[[Any], Findings], as_superuser: Callable[..., None]
    ) -> None:
        alter = f'ALTER DATABASE "{connection.settings_dict["NAME"]}" '
        as_superuser(
            alter + "SET lo_compat_privileges = on", then=alter + "RESET lo_compat_privileges"
        )
        findings = tried(boundaries.boundaries)
        assert failed(findings) == {"boundary.large_objects"}
        assert "lo_get" in findings["boundary.large_objects"].seen

    def test_large_objects_that_nobody_may_make(
        self,
        tried: Callable[[Any], Findings],
        as_superuser: Callable[..., None],
    ) -> None:
        function = "EXECUTE ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea)"
        as_superuser(f"REVOKE {function} FROM PUBLIC", then=f"GRANT {function} TO PUBLIC")
        assert failed(tried(boundaries.boundaries)) == set()
