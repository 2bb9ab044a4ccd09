"""django-tenants' command, through this project's verbs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.migrations.autodetector import MigrationAutodetector

from tenants.exceptions import TenantError
from tenants.models import Client, OperationKind, OperationState
from tenants.operations.platform import update_platform
from tenants.operations.request import request_operation
from tenants.operations.run import run_to_the_end
from tenants.schemas.migrate import missing_migrations
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

    def handle(
        self, *, shared: bool, tenant: bool, schema_name: str | None, **options: Any
    ) -> None:
        if schema_name and shared:
            raise CommandError("Give --schema or --shared, not both.")
        shared, tenant = shared or schema_name == PUBLIC_SCHEMA, tenant or bool(schema_name)
        if shared or not tenant:
            self._public()
        if schema_name != PUBLIC_SCHEMA and (tenant or not shared):
            self._tenants(schema_name)

    def _public(self) -> None:
        try:
            applied = update_platform(report=self.stdout.write)
        except TenantError as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"{PUBLIC_SCHEMA}: {_applied(len(applied))}")

    def _tenants(self, schema_name: str | None) -> None:
        clients = Client.objects.provisioned().order_by("schema_name")
        if schema_name:
            clients = clients.filter(schema_name=schema_name)
            if not clients:
                raise CommandError(f"No client has a schema “{schema_name}” that is made.")
        behind = missing_migrations(client.schema_name for client in clients)
        failed = 0
        for client in clients:
            if client.schema_name in behind:
                failed += not self._tenant(client)
        self.stdout.write(f"{len(clients)} schemas, {len(behind)} were behind, {failed} failed.")
        if failed:
            raise CommandError("Some schemas are still behind; the lines above say which and why.")

    def _tenant(self, client: Client) -> bool:
        """Migrate one schema; one that fails does not stop the others."""
        try:
            operation = request_operation(
                client, OperationKind.MIGRATE_SCHEMA, acting_user=None, queued=False
            )
            operation = run_to_the_end(operation)
        except TenantError as exc:
            self.stderr.write(f"{client.schema_name}: {exc}")
            return False
        self.stdout.write(f"{client.schema_name}: {operation.get_state_display()}")
        if operation.state == OperationState.SUCCEEDED:
            return True
        self.stderr.write(f"{client.schema_name}: {operation.error}\n{operation.error_detail}")
        return False


def _applied(count: int) -> str:
    return f"{count} migrations applied" if count else "up to date"
