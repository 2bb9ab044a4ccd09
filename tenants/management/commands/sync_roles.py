"""The roles and rights of all schemas, looked at and mended."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.postgres.exceptions import OwnerRightsRefused
from tenants.operations.sync_roles import sync_roles
from tenants.schemas.inspect import schemas_of_clients
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
        try:
            self._sync(schema_name, check)
        except OwnerRightsRefused as exc:
            raise CommandError(str(exc)) from exc

    def _sync(self, schema_name: str | None, check: bool) -> None:
        if schema_name and schema_name not in (PUBLIC_SCHEMA, *schemas_of_clients()):
            raise CommandError(f"No client has a schema “{schema_name}” in the database.")
        total = changed = wrong = 0
        for report in sync_roles([schema_name] if schema_name else None, dry_run=check):
            self._tell(report, check)
            total += 1
            changed += bool(report.mended)
            wrong += bool(report.left or (check and report.mended))
        done = "would be mended" if check else "were mended"
        self.stdout.write(f"{total} schemas, {changed} {done}.")
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
