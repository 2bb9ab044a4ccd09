"""The roles and rights of one schema, looked at and mended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction

from console.postgres import rights, roles
from console.postgres.contexts import owner_rights, tenants_connection
from console.postgres.roles import Flaw
from tenants.validators import PUBLIC_SCHEMA


@dataclass(slots=True)
class RightsReport:
    """What was not as it should be in one schema, a line for each."""

    schema: str
    #: Was wrong and is right now, or would be where nothing was to be changed.
    mended: list[str] = field(default_factory=list)
    #: Is wrong, and the owner cannot change it.
    left: list[str] = field(default_factory=list)
    #: Rights of roles that are not the console's.
    foreign: list[str] = field(default_factory=list)


def sync_rights(schema: str, *, dry_run: bool = False) -> RightsReport:
    """Give the schema's roles what they should have and nothing else; say what was changed.

    For ``public``, the web login's rights and the database's. Can be run again at any time; runs
    as the owner, all of it in one transaction. With ``dry_run`` nothing is changed. The schema
    must be there.
    """
    names = _names(schema)
    report = RightsReport(schema)
    with (
        transaction.atomic(),
        owner_rights(PUBLIC_SCHEMA),
        tenants_connection().cursor() as cursor,
    ):
        if schema != PUBLIC_SCHEMA:
            _settle(report, roles.flaws_of_roles(cursor, **names), dry_run)
        found = rights.compare(cursor, **names)
        _settle(report, found.flaws, dry_run)
        report.foreign = found.foreign
        report.left += found.not_owned
        if any("REVOKE" in flaw.mend.as_string() for flaw in found.flaws) and not dry_run:
            # PostgreSQL takes back only what the owner itself gave, and says no word.
            still = [flaw.what for flaw in rights.compare(cursor, **names).flaws]
            report.left += still
            report.mended = [what for what in report.mended if what not in still]
    return report


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
