"""What somebody did to the roles by hand is found, shown and put right."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from console.postgres.contexts import owner_rights
from console.postgres.roles import is_role_of, role_for
from tenants.operations.sync_roles import sync_roles
from tenants.schemas.locks import _key as key_of
from tenants.schemas.locks import held_among
from tenants.schemas.rights import sync_rights

pytestmark = pytest.mark.usefixtures("alpha")


def names() -> dict[str, str]:
    name = connection.settings_dict["NAME"]
    roles = {f"{schema}_{access}": role_for(name, schema, access)  # type: ignore[arg-type]
             for schema in ("alpha", "beta") for access in ("rw", "ro")}  # fmt: skip
    return {**roles, "database": name, "web": "console_web", "owner": "console_owner"}


def as_owner(statement: str) -> None:
    """Run a statement in which ``{alpha_rw}`` and the like stand for names."""
    quoted = {key: f'"{name}"' for key, name in names().items()}
    with owner_rights("public"), connection.cursor() as cursor:
        cursor.execute(statement.format(**quoted))


FAULTS = {
    "a right was taken away": (
        "alpha",
        "REVOKE INSERT ON alpha.tenant_data_task FROM {alpha_rw}",
        "{alpha_rw} lacks INSERT on table tenant_data_task.",
    ),
    "the schema was closed to its own role": (
        "alpha",
        "REVOKE USAGE ON SCHEMA alpha FROM {alpha_rw}",
        "{alpha_rw} lacks USAGE on schema alpha.",
    ),
    "a sequence was closed": (
        "alpha",
        "REVOKE USAGE ON SEQUENCE alpha.tenant_data_task_id_seq FROM {alpha_rw}",
        "{alpha_rw} lacks USAGE on sequence tenant_data_task_id_seq.",
    ),
    "later tables would be closed": (
        "alpha",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA alpha REVOKE DELETE ON TABLES FROM {alpha_rw}",
        "{alpha_rw} lacks DELETE on tables alpha.",
    ),
    "everybody may look in": (
        "alpha",
        "GRANT USAGE ON SCHEMA alpha TO PUBLIC",
        "PUBLIC has USAGE on schema alpha.",
    ),
    "everybody may read a table": (
        "alpha",
        "GRANT SELECT ON alpha.tenant_data_task TO PUBLIC",
        "PUBLIC has SELECT on table tenant_data_task.",
    ),
    "another tenant may read one column": (
        "alpha",
        "GRANT SELECT (email) ON alpha.accounts_user TO {beta_rw}",
        "{beta_rw} has SELECT on table accounts_user.",
    ),
    "the console's own pages may read a tenant": (
        "alpha",
        "GRANT SELECT ON alpha.tenant_data_task TO {web}",
        "{web} has SELECT on table tenant_data_task.",
    ),
    "a tenant may write its record of migrations": (
        "alpha",
        "GRANT INSERT ON alpha.django_migrations TO {alpha_rw}",
        "{alpha_rw} has INSERT on table django_migrations.",
    ),
    "a reader may write": (
        "alpha",
        "GRANT UPDATE ON alpha.tenant_data_task TO {alpha_ro}",
        "{alpha_ro} has UPDATE on table tenant_data_task.",
    ),
    "a tenant may give away what it may do": (
        "alpha",
        "GRANT SELECT, INSERT ON alpha.tenant_data_task TO {alpha_rw} WITH GRANT OPTION",
        "{alpha_rw} may give INSERT, SELECT on table tenant_data_task.",
    ),
    "a tenant could give away later tables": (
        "alpha",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA alpha GRANT SELECT ON TABLES TO {alpha_rw}"
        " WITH GRANT OPTION",
        "{alpha_rw} may give SELECT on tables alpha.",
    ),
    "another tenant may read a table, and give it away": (
        "alpha",
        "GRANT SELECT ON alpha.tenant_data_task TO {beta_rw} WITH GRANT OPTION",
        "{beta_rw} has SELECT on table tenant_data_task.",
    ),
    "later tables would be open": (
        "alpha",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA alpha GRANT SELECT ON TABLES TO {beta_rw}",
        "{beta_rw} has SELECT on tables alpha.",
    ),
    "a tenant may read the console's tables": (
        "public",
        "GRANT SELECT ON public.tenants_client TO {alpha_rw}",
        "{alpha_rw} has SELECT on table tenants_client.",
    ),
    "everybody may make temporary tables": (
        "public",
        "GRANT TEMPORARY ON DATABASE {database} TO PUBLIC",
        "PUBLIC has TEMPORARY on database {database}.",
    ),
    "web may not connect": (
        "public",
        "REVOKE CONNECT ON DATABASE {database} FROM {web}",
        "{web} lacks CONNECT on database {database}.",
    ),
    "one tenant can become another": (
        "alpha",
        "GRANT {alpha_rw} TO {beta_rw}",
        "{beta_rw} is a member of {alpha_rw}.",
    ),
    "somebody could make themselves a tenant": (
        "alpha",
        "GRANT {alpha_rw} TO {beta_rw} WITH ADMIN TRUE, SET FALSE, INHERIT FALSE",
        "{beta_rw} is a member of {alpha_rw}.",
    ),
    "web could let others become a tenant": (
        "alpha",
        "GRANT {alpha_rw} TO {web} WITH ADMIN TRUE",
        "{web} cannot become {alpha_rw} as it should.",
    ),
    "web has a tenant's rights without becoming it": (
        "alpha",
        "GRANT {alpha_rw} TO {web} WITH INHERIT TRUE",
        "{web} cannot become {alpha_rw} as it should.",
    ),
    "web cannot become a tenant": (
        "alpha",
        "REVOKE {alpha_rw} FROM {web}",
        "{web} cannot become {alpha_rw} as it should.",
    ),
    "a tenant's role can log in": (
        "alpha",
        "ALTER ROLE {alpha_rw} LOGIN",
        "The role {alpha_rw} has LOGIN.",
    ),
    "a tenant's role can make databases": (
        "alpha",
        "ALTER ROLE {alpha_rw} CREATEDB",
        "The role {alpha_rw} has CREATEDB.",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_mended(fault: str) -> None:
    schema, statement, expected = FAULTS[fault]
    as_owner(statement)
    told = expected.format(**names())
    assert sync_rights(schema, dry_run=True).mended == [told]  # and nothing was changed:
    assert sync_rights(schema).mended == [told]
    after = sync_rights(schema)
    assert (after.mended, after.left, after.foreign) == ([], [], [])


def test_a_role_that_is_gone_is_made_again() -> None:
    as_owner("GRANT {alpha_ro} TO {owner} WITH INHERIT TRUE")
    as_owner("DROP OWNED BY {alpha_ro}")
    as_owner("DROP ROLE {alpha_ro}")
    assert f"There is no role {names()['alpha_ro']}." in sync_rights("alpha").mended
    assert sync_rights("alpha").mended == []


def test_a_role_of_somebody_elses_is_shown_and_left_alone() -> None:
    as_owner("CREATE ROLE reports")
    as_owner("GRANT SELECT ON alpha.tenant_data_task TO reports")
    report = sync_rights("alpha")
    assert report.foreign == ["reports has SELECT on table tenant_data_task."]
    assert (report.mended, report.left) == ([], [])


def test_what_a_tenant_gave_on_goes_with_its_right_to() -> None:
    as_owner("CREATE ROLE reports")
    as_owner("GRANT SELECT ON alpha.tenant_data_task TO {alpha_rw} WITH GRANT OPTION")
    as_owner("SET ROLE {alpha_rw}; GRANT SELECT ON alpha.tenant_data_task TO reports, {beta_rw}")
    assert len(sync_rights("alpha").mended) == 2
    after = sync_rights("alpha")
    assert (after.mended, after.left, after.foreign) == ([], [], [])


def test_many_rights_of_one_role_are_one_line() -> None:
    as_owner("CREATE ROLE backup")
    as_owner("GRANT SELECT ON ALL TABLES IN SCHEMA alpha TO backup")
    (line,) = sync_rights("alpha").foreign
    assert line.startswith("backup has SELECT on table accounts_user, ")
    assert " more." in line


def test_what_somebody_else_gave_is_not_called_mended() -> None:
    """PostgreSQL takes back what the owner gave, and is silent about the rest."""
    as_owner("CREATE ROLE granting")
    as_owner("GRANT granting TO {owner} WITH SET TRUE")
    as_owner("GRANT {alpha_rw} TO granting WITH ADMIN OPTION")
    as_owner("CREATE ROLE reporting")
    as_owner("SET ROLE granting; GRANT {alpha_rw} TO reporting GRANTED BY granting")
    report = sync_rights("alpha")
    assert any("reporting is a member" in line for line in report.left)
    assert not any("reporting" in line for line in report.mended)


def test_roles_without_a_schema_are_dropped() -> None:
    role = role_for(connection.settings_dict["NAME"], "gone")
    as_owner(f'CREATE ROLE "{role}"')
    reports = {report.schema: report for report in sync_roles(dry_run=True)}
    assert reports["gone"].mended == ["There are roles of this schema, and no schema."]
    assert [report.schema for report in sync_roles() if report.mended] == ["gone"]
    assert [report.schema for report in sync_roles()] == ["public", "alpha", "beta"]


def test_rights_on_the_consoles_own_tables_are_mended_though_the_pages_lack_them() -> None:
    """As after a restore without rights."""
    as_owner("REVOKE ALL ON public.tenants_client FROM {web}")
    public, *_others = sync_roles()
    assert public.mended == [
        "console_web lacks DELETE, INSERT, SELECT, UPDATE on table tenants_client."
    ]


def test_a_schema_that_goes_meanwhile_stops_nothing() -> None:
    reports = sync_roles()
    assert next(reports).schema == "public"
    assert next(reports).schema == "alpha"
    as_owner("DROP SCHEMA beta CASCADE")
    assert "beta" in [report.schema for report in reports]  # As one whose roles are left over.


def test_no_schema_is_held_while_its_report_is_read() -> None:
    for report in sync_roles():
        assert held_among(["public", "alpha", "beta"]) == set(), report.schema


def test_what_the_owner_runs_is_not_the_pages_to_write() -> None:
    as_owner("GRANT UPDATE ON public.tenants_schematemplate TO {web}")
    assert sync_rights("public").mended == [
        "console_web has UPDATE on table tenants_schematemplate."
    ]


def test_a_table_that_is_not_the_owners_is_told() -> None:
    as_owner("CREATE ROLE stranger")
    as_owner("GRANT stranger TO {owner} WITH SET TRUE, INHERIT FALSE")
    as_owner("GRANT CREATE ON SCHEMA alpha TO stranger")
    as_owner("CREATE TABLE alpha.loot (id integer)")
    as_owner("ALTER TABLE alpha.loot OWNER TO stranger")
    report = sync_rights("alpha")
    assert report.left == ["The table loot belongs to stranger, not to console_owner."]
    assert report.mended == []


def test_a_schema_that_is_worked_on_is_left_as_it_is(second: Any) -> None:
    as_owner("GRANT USAGE ON SCHEMA alpha TO PUBLIC")
    as_owner("GRANT USAGE ON SCHEMA beta TO PUBLIC")
    second.execute("SELECT pg_advisory_lock(%s)", [key_of("alpha")])
    alpha, beta = sync_roles(["alpha", "beta"])
    assert alpha.left == ["Other work is being done on the schema “alpha” at this moment."]
    assert (alpha.mended, beta.mended) == ([], ["PUBLIC has USAGE on schema beta."])


@pytest.mark.parametrize(
    ("role", "is_ours"),
    [
        ("{database}:alpha:rw", True),
        ("{database}:alpha:ro", True),
        ("{database}:alpha:rx", False),
        ("other:alpha:rw", False),
        ("alpha:rw", False),
        ("{database}", False),
        ("", False),
        ("::", False),
    ],
)
def test_our_roles_are_told_by_their_names(role: str, is_ours: bool) -> None:
    name = connection.settings_dict["NAME"]
    assert is_role_of(name, role.format(database=name)) is is_ours
