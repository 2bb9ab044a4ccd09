"""The doctor names what lends rights, who may do too much, and what the server gives away."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from django_tenants.utils import schema_context
from psycopg.conninfo import make_conninfo

from console import env
from console.doctor import Verdict, boundaries, logins
from console.postgres.embedded.logins import SUPERUSER
from console.postgres.roles import role_for
from tenants.models import Client
from tenants.schemas.rights import sync_rights
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


@pytest.mark.usefixtures("alpha", "beta")
class TestLent:
    FUNCTION = "{}() RETURNS bigint LANGUAGE sql {} AS 'SELECT count(*) FROM beta.accounts_user'"

    def lines(self) -> str:
        (finding,) = logins.lent()
        assert (finding.verdict == Verdict.OK) == (finding.seen == "There is none.")
        return finding.seen

    def make(self, name: str, how: str = "SECURITY DEFINER") -> None:
        as_owner("CREATE FUNCTION " + self.FUNCTION.format(name, how))

    def test_nothing_does_in_a_console_that_is_well(self) -> None:
        assert self.lines() == "There is none."

    @pytest.mark.parametrize("schema", ["public", "alpha"])
    def test_a_function_that_everybody_may_call(self, schema: str) -> None:
        self.make(f"{schema}.peek")
        assert f"The function {schema}.peek() can do what console_owner may, and" in self.lines()
        assert "REVOKE EXECUTE" in next(logins.lent()).to_do

    def test_it_is_one_that_crosses(self) -> None:
        """What is named is a hole indeed."""
        self.make("alpha.peek")
        with schema_context("alpha"), connection.cursor() as cursor:
            cursor.execute("SELECT peek()")
            assert cursor.fetchone() == (1,)

    @pytest.mark.parametrize(
        "mend",
        [
            "REVOKE EXECUTE ON FUNCTION alpha.peek() FROM PUBLIC",
            "ALTER FUNCTION alpha.peek() SECURITY INVOKER",
            "DROP FUNCTION alpha.peek()",
        ],
    )
    def test_what_it_says_is_to_be_done_mends_it(self, mend: str) -> None:
        self.make("alpha.peek")
        as_owner(mend)
        assert self.lines() == "There is none."

    def test_one_that_no_role_of_ours_reaches_is_nothing(self) -> None:
        as_owner("CREATE SCHEMA reports")
        self.make("reports.peek")
        assert self.lines() == "There is none."
        as_owner(f"GRANT USAGE ON SCHEMA reports TO {role('alpha')}")
        name = role("alpha").strip('"')
        assert self.lines().endswith(f"and {name} may call it.")

    def test_one_that_asks_for_its_users_rights_is_nothing(self) -> None:
        self.make("alpha.peek", "SECURITY INVOKER")
        assert self.lines() == "There is none."

    def test_one_that_a_trigger_calls(self) -> None:
        as_owner(
            "CREATE FUNCTION alpha.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
            " AS 'BEGIN RETURN NEW; END'"
        )
        as_owner("REVOKE EXECUTE ON FUNCTION alpha.note() FROM PUBLIC")
        assert self.lines() == "There is none."
        as_owner(
            "CREATE TRIGGER note BEFORE INSERT ON alpha.accounts_user"
            " FOR EACH ROW EXECUTE FUNCTION alpha.note()"
        )
        assert self.lines().endswith("and a trigger calls it.")

    def test_a_view_of_another_tenants_rows(self) -> None:
        as_owner("CREATE VIEW alpha.people AS SELECT email FROM beta.accounts_user")
        told = "alpha.people reads or writes beta.accounts_user, as console_owner may."
        assert self.lines() == told
        as_owner("ALTER VIEW alpha.people SET (security_invoker = true)")
        assert self.lines() == "There is none."

    def test_a_view_of_the_own_rows_is_nothing(self) -> None:
        as_owner("CREATE VIEW alpha.people AS SELECT email FROM alpha.accounts_user")
        assert self.lines() == "There is none."

    @pytest.mark.parametrize(
        ("statement", "told"),
        [
            (
                "CREATE RULE more AS ON INSERT TO alpha.tenant_data_label"
                " DO ALSO DELETE FROM beta.tenant_data_label",
                "alpha.tenant_data_label reads or writes beta.tenant_data_label",
            ),
            (
                "CREATE TABLE beta.part () INHERITS (alpha.tenant_data_label)",
                "alpha.tenant_data_label shows beta.part",
            ),
            (
                "CREATE TABLE alpha.bound (id bigint PRIMARY KEY REFERENCES beta.accounts_user)",
                "alpha.bound has a foreign key to beta.accounts_user",
            ),
        ],
    )
    def test_a_table_that_reaches_into_another_schema(self, statement: str, told: str) -> None:
        as_owner(statement)
        assert self.lines() == f"{told}, as console_owner may."

    def test_sync_roles_shows_it_and_leaves_it_alone(self) -> None:
        self.make("alpha.peek")
        report = sync_rights("public")
        assert ["The function alpha.peek() can do" in line for line in report.foreign] == [True]
        assert (report.mended, report.left) == ([], [])
        assert sync_rights("alpha").foreign == []


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
