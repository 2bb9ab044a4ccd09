"""The roles and rights of one schema, looked at and mended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.backends.utils import CursorWrapper

from console.postgres import rights, roles
from console.postgres.contexts import owner_rights, tenants_connection
from console.postgres.lent import lent_rights
from console.postgres.roles import Flaw, is_role_of
from tenants.exceptions import RoleInTheWay, SchemaBusy
from tenants.schemas.inspect import schema_exists, schemas_among
from tenants.schemas.locks import schema_lock
from tenants.validators import PUBLIC_SCHEMA


@dataclass(slots=True)
class RightsReport:
    """What was not as it should be in one schema, a line for each."""

    schema: str
    #: Was wrong and is right now, or would be where nothing was to be changed.
    mended: list[str] = field(default_factory=list)
    #: Is wrong, and the owner cannot change it.
    left: list[str] = field(default_factory=list)
    #: Rights of roles that are not the console's, and what lends rights to those that are and
    #: nobody accepted.
    foreign: list[str] = field(default_factory=list)


def sync_rights(schema: str, *, dry_run: bool = False) -> RightsReport:
    """Give the schema's roles what they should have and nothing else; say what was changed.

    For ``public``, the web login's rights and the database's, and what lends rights anywhere. Can
    be run again at any time; runs as the owner, all of it in one transaction. With ``dry_run``
    nothing is changed. The schema must be there.
    """
    names = _names(schema)
    report = RightsReport(schema)
    with (
        transaction.atomic(),
        owner_rights(PUBLIC_SCHEMA),
        tenants_connection().cursor() as cursor,
    ):
        _settle(report, _flaws_of_roles(cursor, names), dry_run)
        found = rights.compare(cursor, **names)
        _settle(report, found.flaws, dry_run)
        report.foreign = found.foreign
        if schema == PUBLIC_SCHEMA:
            lent = lent_rights(cursor, database=names["database"], web=names["web"])
            report.foreign += lent.lines
        report.left += found.not_owned
        if report.mended and not dry_run:
            # PostgreSQL takes back only what the owner itself gave, and says no word.
            still = [*_flaws_of_roles(cursor, names), *rights.compare(cursor, **names).flaws]
            left = {flaw.what for flaw in still}
            report.left += [f"{what} Somebody else gave it." for what in sorted(left)]
            report.mended = [what for what in report.mended if what not in left]
    return report


def _flaws_of_roles(cursor: CursorWrapper, names: dict[str, Any]) -> list[Flaw]:
    """Of a tenant's own roles; ``public`` has none."""
    is_public = names["schema"] == PUBLIC_SCHEMA
    return [] if is_public else roles.flaws_of_roles(cursor, **names)


def drop_left_over_roles(*, dry_run: bool = False) -> list[RightsReport]:
    """Drop the roles of schemas that the database does not have; a report for each such schema.

    A restore that brings the schema back gets them again by ``sync_rights``. Runs as the owner.
    """
    connection = tenants_connection()
    database, owner = connection.settings_dict["NAME"], settings.OWNER_ROLE
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname ~ ':(rw|ro)$'")
        names = {n.rsplit(":", 2)[-2] for (n,) in cursor.fetchall() if is_role_of(database, n)}
    reports = []
    for schema in sorted(names - schemas_among(names)):
        report = RightsReport(schema)
        reports.append(report)
        what = "There are roles of this schema, and no schema."
        try:
            if not dry_run:
                with (
                    schema_lock(schema),
                    transaction.atomic(),
                    owner_rights(PUBLIC_SCHEMA),
                    connection.cursor() as cursor,
                ):
                    if schema_exists(schema):
                        continue
                    held = roles.drop_schema_roles(
                        cursor, database=database, schema=schema, owner=owner
                    )
                    if held:
                        report.left.append(str(RoleInTheWay(role=held)))
                        continue
        except (DatabaseError, SchemaBusy) as exc:
            report.left.append(f"{what} {str(exc).splitlines()[0]}")
        else:
            report.mended.append(what)
    return reports


def _settle(report: RightsReport, flaws: list[Flaw], dry_run: bool) -> None:
    for flaw in flaws:
        if not dry_run:
            try:
                with transaction.atomic(), tenants_connection().cursor() as cursor:
                    cursor.execute(flaw.mend)
            except DatabaseError as exc:
                report.left.append(f"{flaw.what} {str(exc).splitlines()[0]}")
                continue
        report.mended.append(flaw.what)


def _names(schema: str) -> dict[str, Any]:
    return {
        "database": tenants_connection().settings_dict["NAME"],
        "schema": schema,
        "owner": settings.OWNER_ROLE,
        "web": settings.WEB_ROLE,
    }
