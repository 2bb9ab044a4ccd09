"""The doctor names what lends its owner's rights, but for what somebody accepted."""

from __future__ import annotations

import pytest
from django.db import connection
from django_tenants.utils import schema_context

from console.doctor import Verdict, logins
from tenants.schemas.rights import sync_rights
from tests.console.test_doctor_rights import role
from tests.console.test_doctor_upkeep import as_owner

pytestmark = pytest.mark.usefixtures("alpha", "beta")

FUNCTION = "{}() RETURNS bigint LANGUAGE sql {} AS 'SELECT count(*) FROM beta.accounts_user'"


def lines() -> str:
    (finding,) = logins.lent()
    assert (finding.verdict == Verdict.OK) == (finding.seen == "There is none.")
    return finding.seen


def make(name: str, how: str = "SECURITY DEFINER") -> None:
    as_owner("CREATE FUNCTION " + FUNCTION.format(name, how))


def test_nothing_does_in_a_console_that_is_well() -> None:
    assert lines() == "There is none."


@pytest.mark.parametrize("schema", ["public", "alpha"])
def test_a_function_that_everybody_may_call(schema: str) -> None:
    make(f"{schema}.peek")
    assert f"The function {schema}.peek() can do what console_owner may, and" in lines()
    assert "REVOKE EXECUTE" in next(logins.lent()).to_do


def test_it_is_one_that_crosses() -> None:
    """What is named is a hole indeed."""
    make("alpha.peek")
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
def test_what_it_says_is_to_be_done_mends_it(mend: str) -> None:
    make("alpha.peek")
    as_owner(mend)
    assert lines() == "There is none."


def test_one_that_no_role_of_ours_reaches_is_nothing() -> None:
    as_owner("CREATE SCHEMA reports")
    make("reports.peek")
    assert lines() == "There is none."
    as_owner(f"GRANT USAGE ON SCHEMA reports TO {role('alpha')}")
    name = role("alpha").strip('"')
    assert lines().endswith(f"and {name} may call it.")


def test_one_that_asks_for_its_users_rights_is_nothing() -> None:
    make("alpha.peek", "SECURITY INVOKER")
    assert lines() == "There is none."


def test_one_that_a_trigger_calls() -> None:
    as_owner(
        "CREATE FUNCTION alpha.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        " AS 'BEGIN RETURN NEW; END'"
    )
    as_owner("REVOKE EXECUTE ON FUNCTION alpha.note() FROM PUBLIC")
    assert lines() == "There is none."
    as_owner(
        "CREATE TRIGGER note BEFORE INSERT ON alpha.accounts_user"
        " FOR EACH ROW EXECUTE FUNCTION alpha.note()"
    )
    assert lines().endswith("and a trigger calls it.")


def test_a_view_of_another_tenants_rows() -> None:
    as_owner("CREATE VIEW alpha.people AS SELECT email FROM beta.accounts_user")
    told = "alpha.people reads or writes beta.accounts_user, as console_owner may."
    assert lines() == told
    as_owner("ALTER VIEW alpha.people SET (security_invoker = true)")
    assert lines() == "There is none."


def test_one_that_its_owner_accepted_is_told_and_is_no_fault() -> None:
    make("alpha.peek")
    comment = "COMMENT ON FUNCTION alpha.peek() IS 'console: accepted, for the reports'"
    assert "COMMENT ON … IS 'console: accepted" in next(logins.lent()).to_do
    as_owner(comment)
    (finding,) = logins.lent()
    assert finding.verdict == Verdict.OK
    assert finding.seen == "None but what was accepted: alpha.peek()."
    assert sync_rights("public").foreign == []
    make("alpha.other")
    assert lines().startswith("The function alpha.other() can do")


def test_one_that_was_made_anew_has_to_be_accepted_again() -> None:
    make("alpha.peek")
    as_owner("COMMENT ON FUNCTION alpha.peek() IS 'console: accepted'")
    as_owner("DROP FUNCTION alpha.peek()")
    make("alpha.peek")
    assert "The function alpha.peek() can do" in lines()


def test_a_view_that_its_owner_accepted() -> None:
    as_owner("CREATE VIEW alpha.people AS SELECT email FROM beta.accounts_user")
    as_owner("COMMENT ON VIEW alpha.people IS 'not accepted'")
    assert lines().startswith("alpha.people reads")
    as_owner("COMMENT ON VIEW alpha.people IS 'console: accepted'")
    (finding,) = logins.lent()
    assert finding.verdict == Verdict.OK
    assert "alpha.people (reads or writes beta.accounts_user)" in finding.seen


def test_a_view_where_no_role_of_ours_gets_is_nothing() -> None:
    as_owner("CREATE SCHEMA reports")
    as_owner("CREATE VIEW reports.people AS SELECT email FROM beta.accounts_user")
    assert lines() == "There is none."
    as_owner("CREATE VIEW alpha.people AS SELECT * FROM reports.people")
    assert lines().startswith("alpha.people reads or writes reports.people")


def test_a_view_of_the_own_rows_is_nothing() -> None:
    as_owner("CREATE VIEW alpha.people AS SELECT email FROM alpha.accounts_user")
    assert lines() == "There is none."


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
def test_a_table_that_reaches_into_another_schema(statement: str, told: str) -> None:
    as_owner(statement)
    assert lines() == f"{told}, as console_owner may."


def test_sync_roles_shows_it_and_leaves_it_alone() -> None:
    make("alpha.peek")
    report = sync_rights("public")
    assert ["The function alpha.peek() can do" in line for line in report.foreign] == [True]
    assert (report.mended, report.left) == ([], [])
    assert sync_rights("alpha").foreign == []
