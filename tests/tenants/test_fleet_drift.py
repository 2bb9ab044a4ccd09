"""What a schema is compared by: everything in it that code could notice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tenants.operations import fleet_check
from tenants.schemas.inspect import definitions_of
from tests.tenants.fleet import as_owner, check, differences, found, make_orphan

pytestmark = pytest.mark.usefixtures("alpha")

#: What is made of it in a schema, whose name is in the place of the dollar.
OF_EVERY_KIND = (
    "CREATE TYPE $.mood AS ENUM ('good', 'bad.not a.b')",
    "CREATE DOMAIN $.short AS varchar(9) COLLATE \"C\" NOT NULL DEFAULT 'a.b' CHECK (VALUE <> '')",
    "CREATE TYPE $.pair AS (one int, two $.mood)",
    "CREATE TYPE $.span AS RANGE (subtype = int4)",
    "CREATE COLLATION $.plain (provider = libc, locale = 'C')",
    "CREATE TABLE $.extra (id int PRIMARY KEY, mood $.mood DEFAULT 'good', text text)",
    "CREATE INDEX extra_text ON $.extra (lower(text)) WHERE text <> 'a.b'",
    "CREATE VIEW $.seen WITH (security_barrier) AS SELECT id, 'a.b' AS x FROM $.extra",
    "CREATE MATERIALIZED VIEW $.kept AS SELECT text FROM $.extra",
    "CREATE FUNCTION $.touch() RETURNS trigger LANGUAGE plpgsql SET search_path = $"
    " AS 'BEGIN PERFORM 1 FROM extra a WHERE a.text = ''text''; RETURN NEW; END'",
    "CREATE FUNCTION $.moods(m $.mood) RETURNS SETOF $.extra STABLE"
    " BEGIN ATOMIC SELECT * FROM $.extra WHERE mood = m; END",
    "CREATE AGGREGATE $.most(int) (sfunc = int4larger, stype = int)",
    "CREATE TRIGGER touch BEFORE UPDATE ON $.extra FOR EACH ROW EXECUTE FUNCTION $.touch()",
    "CREATE RULE none AS ON DELETE TO $.extra DO INSTEAD UPDATE $.extra SET text = 'a.b'",
    "CREATE TABLE $.heir () INHERITS ($.extra)",
    "CREATE TABLE $.split (day date) PARTITION BY RANGE (day)",
    "CREATE TABLE $.early PARTITION OF $.split FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
    "CREATE POLICY own ON $.extra FOR SELECT USING (text <> 'a.b')",
)
#: A change of the schema alpha, and what it makes different.
MORE = [
    (
        "CREATE TABLE alpha.heir () INHERITS (alpha.tenant_data_label)",
        "table heir",
        "",
        "TABLE INHERITS tenant_data_label",
    ),
    (
        "CREATE TABLE alpha.split (day date) PARTITION BY RANGE (day);"
        " CREATE TABLE alpha.rest PARTITION OF alpha.split DEFAULT",
        "table rest",
        "",
        "TABLE INHERITS split DEFAULT",
    ),
    (
        "CREATE VIEW alpha.seen AS SELECT title FROM alpha.tenant_data_task",
        "view seen",
        "",
        "VIEW AS SELECT title\n   FROM tenant_data_task;",
    ),
    (
        "CREATE MATERIALIZED VIEW alpha.kept AS SELECT 1 AS one WITH NO DATA",
        "view kept",
        "",
        "MATERIALIZED VIEW AS SELECT 1 AS one; WITH NO DATA",
    ),
    (
        "CREATE FUNCTION alpha.twice(n int) RETURNS int LANGUAGE sql STABLE AS 'SELECT 2 * n'",
        "function twice(integer)",
        "",
        "CREATE OR REPLACE FUNCTION twice(n integer)\n RETURNS integer\n LANGUAGE sql\n STABLE\n"
        "AS $function$SELECT 2 * n$function$\n",
    ),
    (
        "CREATE AGGREGATE alpha.most(int) (sfunc = int4larger, stype = int)",
        "function most(integer)",
        "",
        "AGGREGATE int4larger - integer",
    ),
    (
        "CREATE TRIGGER same BEFORE UPDATE ON alpha.tenant_data_task FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "trigger tenant_data_task.same",
        "",
        "CREATE TRIGGER same BEFORE UPDATE ON tenant_data_task FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ),
    (
        "CREATE RULE kept AS ON DELETE TO alpha.tenant_data_label DO INSTEAD NOTHING",
        "rule tenant_data_label.kept",
        "",
        "CREATE RULE kept AS\n    ON DELETE TO tenant_data_label DO INSTEAD NOTHING;",
    ),
    (
        "CREATE POLICY own ON alpha.tenant_data_task AS RESTRICTIVE FOR UPDATE USING (id > 0)",
        "policy tenant_data_task.own",
        "",
        "RESTRICTIVE FOR UPDATE TO PUBLIC USING ((id > 0))",
    ),
    (
        "ALTER TABLE alpha.tenant_data_task ENABLE ROW LEVEL SECURITY",
        "table tenant_data_task",
        "TABLE",
        "TABLE ROW SECURITY",
    ),
    (
        "CREATE TYPE alpha.mood AS ENUM ('good', 'bad')",
        "type mood",
        "",
        "ENUM 'good', 'bad'",
    ),
    (
        "CREATE DOMAIN alpha.short AS varchar(9) NOT NULL CHECK (VALUE <> '')",
        "type short",
        "",
        'DOMAIN character varying(9) COLLATE "default" NOT NULL short_check'
        " CHECK (((VALUE)::text <> ''::text))",
    ),
    (
        "ALTER TABLE alpha.tenant_data_task ALTER id SET GENERATED ALWAYS",
        "column tenant_data_task.id",
        "bigint NOT NULL BY DEFAULT AS IDENTITY",
        "bigint NOT NULL AS IDENTITY",
    ),
    (
        "ALTER TABLE alpha.tenant_data_task ADD twice bigint GENERATED ALWAYS AS (id * 2) STORED",
        "column tenant_data_task.twice",
        "",
        "bigint GENERATED s DEFAULT (id * 2)",
    ),
    (
        'ALTER TABLE alpha.tenant_data_task ALTER title TYPE varchar(200) COLLATE "C"',
        "column tenant_data_task.title",
        'character varying(200) COLLATE "default" NOT NULL',
        'character varying(200) COLLATE "C" NOT NULL',
    ),
    (
        "CREATE COLLATION alpha.plain (provider = libc, locale = 'C')",
        "collation plain",
        "",
        "COLLATION",
    ),
]


@pytest.mark.parametrize(("change", "name", "expected", "actual"), MORE, ids=lambda text: text[:30])
def test_and_so_is_what_migrations_seldom_make(
    change: str, name: str, expected: str, actual: str
) -> None:
    as_owner(change)
    check()
    assert differences()[name] == (expected, actual)


def test_of_comments_and_of_how_rows_are_stored_there_is_none() -> None:
    as_owner("COMMENT ON TABLE alpha.tenant_data_task IS 'Ours.'")
    as_owner("ALTER TABLE alpha.tenant_data_task SET (fillfactor = 80)")
    as_owner("ALTER TABLE alpha.tenant_data_task ALTER title SET STATISTICS 500")
    check()
    assert found() == {}


@pytest.mark.parametrize("schema", ["order", "a", "text"])
def test_there_is_none_between_two_schemas_by_their_names_alone(schema: str) -> None:
    """One is a word of SQL's; the others are in the middle of what is written down."""
    for name in (schema, "other"):
        make_orphan(name)
        for statement in OF_EVERY_KIND:
            as_owner(statement.replace("$", f'"{name}"'))
    one, other = definitions_of(schema), definitions_of("other")
    assert {key for key in one | other if one.get(key) != other.get(key)} == set()
    assert {key.split()[0] for key in one} >= {
        *("table", "column", "constraint", "index", "sequence", "view", "function"),
        *("trigger", "rule", "policy", "type", "collation"),
    }


@pytest.fixture
def closed(second: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody has closed a table that a view is made of."""
    monkeypatch.setattr(fleet_check, "PATIENCE", "50ms")
    second.execute("CREATE VIEW alpha.seen AS SELECT title FROM alpha.tenant_data_task")
    second.commit()
    second.execute("LOCK TABLE alpha.tenant_data_task IN ACCESS EXCLUSIVE MODE")
    yield
    second.execute("DROP VIEW alpha.seen")
    second.commit()


@pytest.mark.usefixtures("closed")
def test_a_schema_of_which_postgresql_cannot_tell_now_is_left_for_later() -> None:
    assert check().passed_over == ["alpha"]
    assert found() == {}
