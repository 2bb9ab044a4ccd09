"""Rights: what the console's roles may do, as wanted and as the catalog has it.

The two are compared and only the difference is granted or revoked, so the same code gives a new
schema its rights, mends an old one, and shows what was wrong. Roles that are not the console's
(for backups or reports, made by whoever runs the server) are never touched; they are told apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

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
#: Tables that pages read but never write.
KEPT_BY_OWNER = ("django_migrations",)


@dataclass(frozen=True, order=True, slots=True)
class Right:
    """One privilege of one role: ``SELECT`` on the ``TABLE`` ``task``.

    ``kind`` is DATABASE, SCHEMA, TABLE or SEQUENCE, or TABLES or SEQUENCES for those that the
    owner will make later.
    """

    kind: str
    name: str
    privilege: str
    grantee: str

    def __str__(self) -> str:
        return f"{self.grantee} has {self.privilege} on {self.kind.lower()} {self.name}."


@dataclass(slots=True)
class Comparison:
    """How a schema's rights differ from those it should have."""

    #: What is missing, or too much for the console's roles and for everybody.
    flaws: list[Flaw] = field(default_factory=list)
    #: Rights of other roles, and objects that do not belong to the owner, so that only its own
    #: could grant them: shown, and left to whoever made them so.
    foreign: list[str] = field(default_factory=list)
    not_owned: list[str] = field(default_factory=list)


# Schema, kind, name, owner; then what the catalog grants to others than the owner. A column's
# rights count as its table's: revoking there takes them too.
_OBJECTS = """
SELECT 'SCHEMA', nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = %(schema)s
UNION ALL
SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname, pg_get_userbyid(relowner)
FROM pg_class
WHERE relnamespace = quote_ident(%(schema)s)::regnamespace
  AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
"""
_GRANTED = """
WITH granted (kind, name, owner, acl) AS (
    SELECT 'DATABASE', datname, datdba, coalesce(datacl, acldefault('d', datdba))
    FROM pg_database WHERE datname = current_database() AND %(schema)s::text = 'public'
    UNION ALL
    SELECT 'SCHEMA', nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = %(schema)s
    UNION ALL
    SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname, relowner, relacl
    FROM pg_class WHERE relnamespace = quote_ident(%(schema)s)::regnamespace
    UNION ALL
    SELECT 'TABLE', relname, relowner, attacl
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = quote_ident(%(schema)s)::regnamespace AND attacl IS NOT NULL
    UNION ALL
    SELECT CASE defaclobjtype WHEN 'S' THEN 'SEQUENCES' ELSE 'TABLES' END, %(schema)s,
           defaclrole, defaclacl
    FROM pg_default_acl
    WHERE defaclnamespace = quote_ident(%(schema)s)::regnamespace AND defaclobjtype IN ('r', 'S')
      AND defaclrole = quote_ident(%(owner)s)::regrole
)
SELECT kind, name, privilege_type,
       CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END
FROM granted, aclexplode(acl) WHERE grantee <> owner
"""
# Whether it grants, and for what the owner will make later.
_CHANGES = {
    ("GRANT", False): SQL("GRANT {privileges} ON {kind} {names} TO {who}"),
    ("REVOKE", False): SQL("REVOKE {privileges} ON {kind} {names} FROM {who}"),
    ("GRANT", True): SQL(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema}"
        " GRANT {privileges} ON {kind} TO {who}"
    ),
    ("REVOKE", True): SQL(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema}"
        " REVOKE {privileges} ON {kind} FROM {who}"
    ),
}
#: Owns ``public`` from PostgreSQL 15 on: whoever owns the database.
_ITS_OWNER = "pg_database_owner"


def compare(
    cursor: CursorWrapper, *, database: str, schema: str, owner: str, web: str
) -> Comparison:
    """How the rights on ``schema`` differ from those it should have; two queries of the catalog.

    For ``public``, the database's own rights as well. Changes nothing. The schema must be there.
    """
    parameters = {"schema": schema, "owner": owner}
    cursor.execute(_OBJECTS, parameters)
    objects = {(kind, name): belongs_to for kind, name, belongs_to in cursor.fetchall()}
    cursor.execute(_GRANTED, parameters)
    granted = {Right(*row) for row in cursor.fetchall()}
    wanted = set(_wanted(database, schema, web, objects))
    not_owned = {key: name for key, name in objects.items() if name not in (owner, _ITS_OWNER)}
    surplus, foreign = set(), []
    for right in sorted(granted - wanted):
        if right.grantee in (EVERYBODY, web) or is_role_of(database, right.grantee):
            surplus.add(right)
        else:
            foreign.append(str(right))
    passed_over = not_owned.keys()
    return Comparison(
        flaws=[
            *_flaws("REVOKE", surplus, schema, owner, passed_over),
            *_flaws("GRANT", wanted - granted, schema, owner, passed_over),
        ],
        foreign=foreign,
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


def _flaws(
    verb: str, rights: set[Right], schema: str, owner: str, passed_over: Collection[tuple[str, str]]
) -> Iterator[Flaw]:
    """As few statements as can mend them: one for each role, kind and set of privileges."""
    of_object: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for right in sorted(rights):
        if (right.kind, right.name) not in passed_over:
            of_object[right.kind, right.grantee, right.name].append(right.privilege)
    together: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for (kind, grantee, name), privileges in of_object.items():
        together[kind, grantee, ", ".join(privileges)].append(name)
    lacks = "has" if verb == "REVOKE" else "lacks"
    for (kind, grantee, privileges), names in together.items():
        what = f"{grantee} {lacks} {privileges} on {kind.lower()} {', '.join(names)}."
        who = SQL(EVERYBODY) if grantee == EVERYBODY else Identifier(grantee)
        change = _CHANGES[verb, kind in ("TABLES", "SEQUENCES")]
        is_inside = kind in ("TABLE", "SEQUENCE")
        yield Flaw(
            what,
            change.format(
                owner=Identifier(owner),
                schema=Identifier(schema),
                privileges=SQL(privileges),
                kind=SQL(kind),
                names=SQL(", ").join(
                    Identifier(schema, name) if is_inside else Identifier(name) for name in names
                ),
                who=who,
            ),
        )
