"""Rights that an object lends: what reads or writes with its owner's rights, whoever uses it.

A role's own rights say nothing of these. A function that is SECURITY DEFINER may do what its owner
may, and PostgreSQL lets everybody call a new function; so does one in a language that is bound to
nothing. A view and a rule reach tables as their owner, a table that inherits shows its rows
through the other, and a foreign key answers for rows that its user may not see.

Where it is meant, whoever owns the function or the view says so in its comment. A new one of the
same name begins without.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.backends.utils import CursorWrapper

from console.postgres.roles import is_role_of

#: What the comment of a function or a view begins with that lends on purpose.
ACCEPTED = "console: accepted"

# What a server is made with has lower numbers.
_MADE_HERE = 16384
# A trigger asks nobody for the right to call its function.
_FUNCTIONS = """
SELECT format('%%I.%%I(%%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)),
       pg_get_userbyid(proowner), prosecdef, lanname,
       EXISTS (SELECT FROM pg_trigger WHERE tgfoid = p.oid AND NOT tgisinternal),
       ARRAY(
           SELECT rolname::text FROM pg_roles r
           WHERE (rolname = %(web)s OR rolname ~ ':(rw|ro)$')
             AND has_schema_privilege(r.oid, n.oid, 'USAGE')
             AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
           ORDER BY rolname <> %(web)s, rolname),
       coalesce(starts_with(obj_description(p.oid, 'pg_proc'), %(accepted)s), false)
FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace JOIN pg_language l ON l.oid = prolang
WHERE p.oid >= %(made_here)s
  AND (prosecdef OR NOT lanpltrusted AND lanname NOT IN ('c', 'internal'))
ORDER BY 1
"""
# A view that asks for its user's rights lends nothing, nor does anything in a schema that is closed
# to our roles: what leads there from another is named itself. Found by the few rules, inheritances
# and foreign keys first: dependencies are the largest of the catalogs.
_REACHES = """
WITH reaches (what, here, there) AS (
    SELECT DISTINCT 'reads or writes', ev_class, refobjid
    FROM pg_rewrite JOIN pg_depend ON classid = 'pg_rewrite'::regclass AND objid = pg_rewrite.oid
    WHERE refclassid = 'pg_class'::regclass AND ev_class >= %(made_here)s
    UNION ALL
    SELECT 'shows', inhparent, inhrelid FROM pg_inherits
    UNION ALL
    SELECT 'has a foreign key to', conrelid, confrelid FROM pg_constraint WHERE contype = 'f'
)
SELECT format('%%I.%%I', n.nspname, a.relname), what, format('%%I.%%I', m.nspname, b.relname),
       pg_get_userbyid(a.relowner),
       ARRAY(
           SELECT rolname::text FROM pg_roles r
           WHERE (rolname = %(web)s OR rolname ~ ':(rw|ro)$')
             AND has_schema_privilege(r.oid, n.oid, 'USAGE')),
       a.relkind IN ('v', 'm')
         AND coalesce(starts_with(obj_description(a.oid, 'pg_class'), %(accepted)s), false)
FROM reaches JOIN pg_class a ON a.oid = here JOIN pg_class b ON b.oid = there
JOIN pg_namespace n ON n.oid = a.relnamespace JOIN pg_namespace m ON m.oid = b.relnamespace
WHERE n.oid <> m.oid AND b.oid >= %(made_here)s
  AND (a.relkind <> 'v' OR NOT coalesce(a.reloptions::text ~* 'security_invoker=(true|on|1|yes)',
                                        false))
ORDER BY 1, 2, 3
"""


@dataclass(slots=True)
class Lent:
    """What lends rights to the console's roles."""

    #: A line for each that nobody accepted.
    lines: list[str] = field(default_factory=list)
    #: The names of those that somebody did.
    accepted: list[str] = field(default_factory=list)


def lent_rights(cursor: CursorWrapper, *, database: str, web: str) -> Lent:
    """What lends rights to the console's roles, in any schema of the database.

    Nothing of it is what a console makes by itself. Two queries of the catalog; changes nothing.
    """

    def ours(roles: list[str]) -> list[str]:
        return [role for role in roles if role == web or is_role_of(database, role)]

    parameters = {"web": web, "made_here": _MADE_HERE, "accepted": ACCEPTED}
    lent = Lent()
    cursor.execute(_FUNCTIONS, parameters)
    for name, owner, as_owner, language, is_trigger, roles, is_accepted in cursor.fetchall():
        callers = ours(roles)
        if not callers and not is_trigger:
            continue
        if is_accepted:
            lent.accepted.append(name)
            continue
        can = f"can do what {owner} may" if as_owner else f"can do what {language} can"
        who = f"{callers[0]} may call it" if callers else "a trigger calls it"
        more = f", and so may {len(callers) - 1} more" if len(callers) > 1 else ""
        lent.lines.append(f"The function {name} {can}, and {who}{more}.")
    cursor.execute(_REACHES, parameters)
    for here, what, there, owner, roles, is_accepted in cursor.fetchall():
        if not ours(roles):
            continue
        if is_accepted:
            lent.accepted.append(f"{here} ({what} {there})")
        else:
            lent.lines.append(f"{here} {what} {there}, as {owner} may.")
    return lent
