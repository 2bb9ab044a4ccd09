"""django-tenants' command, through this project's verbs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.migrations.autodetector import MigrationAutodetector

from tenants.exceptions import TenantError
from tenants.management.numbers import positive
from tenants.management.watching import FleetLines
from tenants.models import Client
from tenants.operations.fleet import migrate_fleet
from tenants.operations.platform import update_platform
from tenants.validators import PUBLIC_SCHEMA


class Command(BaseCommand):
    # Django checks that `migrate` and `makemigrations` agree on it.
    autodetector = MigrationAutodetector
    help = (
        "Bring public (--shared) and the tenants' schemas (--tenant) up to date; both if neither."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shared", action="store_true", help="public alone")
        parser.add_argument("--tenant", action="store_true", help="the tenants' schemas alone")
        parser.add_argument("-s", "--schema", dest="schema_name", help="one schema alone")
        parser.add_argument(
            "--verify", action="store_true", help="read each schema's own record first"
        )
        parser.add_argument(
            "--abort-after", type=positive, metavar="N", help="stop after so many failures"
        )
        parser.add_argument(
            "--executor",
            default="fleet",
            choices=("fleet", "standard", "multiprocessing"),
            help="fleet; django-tenants' names are understood",
        )

    def handle(
        self,
        *,
        shared: bool,
        tenant: bool,
        schema_name: str | None,
        executor: str = "fleet",
        verify: bool = False,
        abort_after: int | None = None,
        **options: Any,
    ) -> None:
        if schema_name and shared:
            raise CommandError("Give --schema or --shared, not both.")
        if executor != "fleet":
            self.stderr.write(f"There is one executor here, “fleet”; it is used for “{executor}”.")
        shared, tenant = shared or schema_name == PUBLIC_SCHEMA, tenant or bool(schema_name)
        if shared or not tenant:
            self._public()
        if schema_name != PUBLIC_SCHEMA and (tenant or not shared):
            self._tenants(schema_name, verify=verify, abort_after=abort_after)

    def _public(self) -> None:
        try:
            applied = update_platform(report=self.stdout.write)
        except TenantError as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"{PUBLIC_SCHEMA}: {_applied(len(applied))}")

    def _tenants(self, schema_name: str | None, *, verify: bool, abort_after: int | None) -> None:
        if schema_name and not Client.objects.provisioned().filter(schema_name=schema_name):
            raise CommandError(f"No client has a schema “{schema_name}” that is made.")
        fleet = migrate_fleet(
            acting_user=None,
            schemas=[schema_name] if schema_name else None,
            # One is read in no time, and is named because somebody doubts it.
            verify=verify or bool(schema_name),
            abort_after=abort_after,
            watch=FleetLines(self.stdout, self.stderr),
        )
        self.stdout.write(
            f"{fleet.total} schemas, {fleet.behind} were behind, {fleet.failed} failed."
        )
        if fleet.left:
            raise CommandError(f"Stopped: {fleet.left} schemas were not begun.")
        if fleet.failed:
            raise CommandError("Some schemas are still behind; the lines above say which and why.")


def _applied(count: int) -> str:
    return f"{count} migrations applied" if count else "up to date"
