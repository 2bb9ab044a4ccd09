"""Rights: what the console's roles may do, as wanted and as the catalog has it.

The two are compared and only the difference is granted or revoked, so the same code gives a new
schema its rights, mends an old one, and shows what was wrong. Roles that are not the console's
(for backups or reports, made by whoever runs the server) are told apart, and never touched but for
what one of the console's roles gave them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from django.db.backends.utils import CursorWrapper
from psycopg.sql import SQL, Identifier

from console.postgres.roles import Flaw, is_role_of, role_for

PUBLIC_SCHEMA = "public"
#: The grantee that stands for every role there is.
EVERYBODY = "PUBLIC"

_READ, _WRITE = frozenset({"SELECT"}), frozenset({"INSERT", "UPDATE", "DELETE"})
_COUNT = frozenset({"USAGE", "SELECT"})
#: What a reader still has to write to be signed in and seen: sessions, the admin's log, and the
#: failures that a sign-in forgets.
READER_WRITES = {
    "axes_accessattempt": _WRITE,
    "django_session": _WRITE,
    "django_admin_log": frozenset({"INSERT"}),
}
#: Tables that pages read but never write: what they hold is believed, or run, by the owner.
KEPT_BY_OWNER = ("django_migrations", "tenants_schematemplate")


@dataclass(frozen=True, order=True, slots=True)
class Right:
    """One privilege of one role: ``SELECT`` on the ``TABLE`` ``task``.

    ``kind`` is DATABASE, SCHEMA, TABLE or SEQUENCE, or TABLES or SEQUENCES for those that the
    owner will make later. ``to_give`` is the right to give it to others: GRANT OPTION.
    """

    kind: str
    name: str
    privilege: str
    grantee: str
    to_give: bool = False


@dataclass(slots=True)
class Comparison:
    """How a schema's rights differ from those it should have."""

    #: What is missing, or too much for the console's roles and for everybody.
    flaws: list[Flaw] = field(default_factory=list)
    #: Rights of other roles, and objects that do not belong to the owner, so that only its own
    #: could grant them: shown, and left to whoever made them so.
    foreign: list[str] = field(default_factory=list)
    not_owned: list[str] = field(default_factory=list)


# Each object with its owner, and what is granted to others than the owner. Found by what depends on
# the schema, which has an index: by the schema of each relation, every one of the database would
# be looked at, and with a thousand schemas there are a hundred thousand. A column's rights count
# as its table's: revoking there takes them too.
_CATALOG = """
WITH relations AS MATERIALIZED (
    SELECT pg_class.*, CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
    FROM pg_depend JOIN pg_class ON pg_class.oid = objid
    WHERE refclassid = 'pg_namespace'::regclass AND classid = 'pg_class'::regclass
      AND refobjid = quote_ident(%(schema)s)::regnamespace
      AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
), granted (kind, name, owner, acl) AS (
    SELECT 'DATABASE', datname, datdba, coalesce(datacl, acldefault('d', datdba))
    FROM pg_database WHERE datname = current_database() AND %(schema)s::text = 'public'
    UNION ALL
    SELECT 'SCHEMA', nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = %(schema)s
    UNION ALL
    SELECT kind, relname, relowner, relacl FROM relations
    UNION ALL
    SELECT 'TABLE', relname, relowner, attacl
    FROM pg_attribute JOIN relations ON relations.oid = attrelid WHERE attacl IS NOT NULL
    UNION ALL
    SELECT CASE defaclobjtype WHEN 'S' THEN 'SEQUENCES' ELSE 'TABLES' END, %(schema)s,
           defaclrole, defaclacl
    FROM pg_default_acl
    WHERE defaclnamespace = quote_ident(%(schema)s)::regnamespace AND defaclobjtype IN ('r', 'S')
      AND defaclrole = quote_ident(%(owner)s)::regrole
)
SELECT kind, name, privilege_type,
       CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END, to_give
FROM granted, aclexplode(acl), (VALUES (false), (true)) AS options (to_give)
WHERE grantee <> owner AND (is_grantable OR NOT to_give)
UNION ALL
SELECT 'SCHEMA', nspname, 'OWNER', pg_get_userbyid(nspowner), false
FROM pg_namespace WHERE nspname = %(schema)s
UNION ALL
SELECT kind, relname, 'OWNER', pg_get_userbyid(relowner), false FROM relations
"""
# Whether it grants, and for what the owner will make later. What was given on goes too.
_CHANGES = {
    ("GRANT", False): SQL("GRANT {privileges} ON {kind} {names} TO {who}"),
    ("REVOKE", False): SQL("REVOKE {option} {privileges} ON {kind} {names} FROM {who} CASCADE"),
    ("GRANT", True): SQL(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema}"
        " GRANT {privileges} ON {kind} TO {who}"
    ),
    ("REVOKE", True): SQL(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema}"
        " REVOKE {option} {privileges} ON {kind} FROM {who} CASCADE"
    ),
}
#: Owns ``public`` from PostgreSQL 15 on: whoever owns the database.
_ITS_OWNER = "pg_database_owner"


def compare(
    cursor: CursorWrapper, *, database: str, schema: str, owner: str, web: str
) -> Comparison:
    """How the rights on ``schema`` differ from those it should have; one query of the catalog.

    For ``public``, the database's own rights as well. Changes nothing. The schema must be there.
    """
    cursor.execute(_CATALOG, {"schema": schema, "owner": owner})
    rows = cursor.fetchall()
    objects = {(kind, name): who for kind, name, what, who, _ in rows if what == "OWNER"}
    granted = {Right(*row) for row in rows if row[2] != "OWNER"}
    wanted = set(_wanted(database, schema, web, objects))
    not_owned = {key: name for key, name in objects.items() if name not in (owner, _ITS_OWNER)}
    surplus, foreign = set[Right](), set[Right]()
    for right in granted - wanted:
        is_ours = right.grantee in (EVERYBODY, web) or is_role_of(database, right.grantee)
        # Where the right itself goes, so does that to give it.
        if not right.to_give or replace(right, to_give=False) in wanted:
            (surplus if is_ours else foreign).add(right)
    passed_over = not_owned.keys()
    return Comparison(
        flaws=[
            *_flaws("REVOKE", surplus, schema, owner, passed_over),
            *_flaws("GRANT", wanted - granted, schema, owner, passed_over),
        ],
        foreign=[
            f"{grantee} has {privileges} on {kind.lower()} {_first(names)}."
            for (kind, grantee, _option, privileges), names in _together(foreign).items()
        ],
        not_owned=[
            f"The {kind.lower()} {name} belongs to {belongs_to}, not to {owner}."
            for (kind, name), belongs_to in sorted(not_owned.items())
        ],
    )


def _wanted(
    database: str, schema: str, web: str, objects: Iterable[tuple[str, str]]
) -> Iterable[Right]:
    """Every right that should be there, and no other."""
    is_public = schema == PUBLIC_SCHEMA
    everything = [*objects, ("TABLES", schema), ("SEQUENCES", schema)]
    rw = web if is_public else role_for(database, schema, "rw")
    if is_public:
        yield Right("DATABASE", database, "CONNECT", web)
    for kind, name in everything:
        for privilege in _writers(kind, name):
            yield Right(kind, name, privilege, rw)
        if not is_public:
            for privilege in _readers(kind, name):
                yield Right(kind, name, privilege, role_for(database, schema, "ro"))


def _writers(kind: str, name: str) -> frozenset[str]:
    if kind == "SCHEMA":
        return frozenset({"USAGE"})
    if kind.startswith("SEQUENCE"):
        return _COUNT
    return _READ if kind == "TABLE" and name in KEPT_BY_OWNER else _READ | _WRITE


def _readers(kind: str, name: str) -> frozenset[str]:
    if kind == "TABLE":
        return _READ | READER_WRITES.get(name, frozenset())
    return _READ if kind == "TABLES" else _writers(kind, name)


def _together(rights: set[Right]) -> dict[tuple[str, str, bool, str], list[str]]:
    """The names of objects by their kind, who has something on them, whether to give, and what."""
    of_object: dict[tuple[str, str, bool, str], list[str]] = defaultdict(list)
    for right in sorted(rights):
        of_object[right.kind, right.grantee, right.to_give, right.name].append(right.privilege)
    together: dict[tuple[str, str, bool, str], list[str]] = defaultdict(list)
    for (kind, grantee, to_give, name), privileges in of_object.items():
        together[kind, grantee, to_give, ", ".join(privileges)].append(name)
    return together


def _first(names: list[str], *, limit: int = 5) -> str:
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")


def _flaws(
    verb: str, rights: set[Right], schema: str, owner: str, passed_over: Collection[tuple[str, str]]
) -> Iterator[Flaw]:
    """As few statements as can mend them: one for each role, kind and set of privileges."""
    together = _together({r for r in rights if (r.kind, r.name) not in passed_over})
    for (kind, grantee, to_give, privileges), names in together.items():
        has = "lacks" if verb == "GRANT" else "may give" if to_give else "has"
        what = f"{grantee} {has} {privileges} on {kind.lower()} {', '.join(names)}."
        who = SQL(EVERYBODY) if grantee == EVERYBODY else Identifier(grantee)
        change = _CHANGES[verb, kind in ("TABLES", "SEQUENCES")]
        is_inside = kind in ("TABLE", "SEQUENCE")
        yield Flaw(
            what,
            change.format(
                owner=Identifier(owner),
                schema=Identifier(schema),
                option=SQL("GRANT OPTION FOR" if to_give else ""),
                privileges=SQL(privileges),
                kind=SQL(kind),
                names=SQL(", ").join(
                    Identifier(schema, name) if is_inside else Identifier(name) for name in names
                ),
                who=who,
            ),
        )
