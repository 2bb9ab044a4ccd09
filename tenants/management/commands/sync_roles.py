"""The roles and rights of all schemas, looked at and mended."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.operations.sync_roles import sync_roles, tenants_schemas
from tenants.schemas.rights import RightsReport
from tenants.validators import PUBLIC_SCHEMA


class Command(BaseCommand):
    help = (
        "Give the database roles of every schema the rights they should have and no others, "
        "and say what was changed. Can be run again at any time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("-s", "--schema", dest="schema_name", help="one schema alone")
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail where something is wrong"
        )

    def handle(self, *, schema_name: str | None, check: bool, **options: Any) -> None:
        known = [PUBLIC_SCHEMA, *tenants_schemas()]
        if schema_name and schema_name not in known:
            raise CommandError(f"No client has a schema “{schema_name}” in the database.")
        wrong = 0
        reports = list(sync_roles([schema_name] if schema_name else known, dry_run=check))
        for report in reports:
            self._tell(report, check)
            wrong += bool(report.left or (check and report.mended))
        changed = sum(bool(report.mended) for report in reports)
        done = "would be mended" if check else "were mended"
        self.stdout.write(f"{len(reports)} schemas, {changed} {done}.")
        if wrong:
            raise CommandError(f"{wrong} schemas are not as they should be; see the lines above.")

    def _tell(self, report: RightsReport, check: bool) -> None:
        for word, lines in (
            ("wrong" if check else "mended", report.mended),
            ("not mended", report.left),
            ("left alone", report.foreign),
        ):
            for line in lines:
                self.stdout.write(f"{report.schema}: {word}: {line}")
