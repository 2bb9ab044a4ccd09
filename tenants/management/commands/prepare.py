"""What has to be done before the console starts, and the addresses to open after that."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from console import staticfiles
from console.accounts.models import User
from console.env import env
from console.importing.exceptions import ImportingError
from tenants.exceptions import TenantError
from tenants.operations import demo
from tenants.operations.platform import update_platform


class Command(BaseCommand):
    help = "Bring the database and the static files up to date; on the first run, load the demo."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo again")

    def handle(self, **options: Any) -> None:
        self._say("Bringing the database up to date")
        try:
            update_platform(report=self._say)
        except TenantError as exc:
            raise CommandError(str(exc)) from exc
        if settings.MIGRATE_ON_START:
            try:
                call_command("migrate_schemas", tenant=True, stdout=self.stderr, stderr=self.stderr)
            except CommandError as exc:
                self._say(str(exc))  # The other tenants can work meanwhile.
        if staticfiles.collect():
            self._say("Collected the static files")
        if options["demo"] or (
            env.str("CONSOLE_DEMO", default="1") != "0" and self._is_first_run()
        ):
            self._load_demo()
        self.stdout.write(self._addresses())

    def _is_first_run(self) -> bool:
        return settings.CONSOLE_DOMAIN == "localhost" and demo.is_first_run()

    def _load_demo(self) -> None:
        try:
            demo.load_demo(report=self._say)
        except (TenantError, ImportingError) as exc:
            raise CommandError(str(exc)) from exc

    def _addresses(self) -> str:
        """One line for each address, in columns; those of the demo only where it can be."""
        if not settings.CONSOLE_DOMAIN.endswith("localhost"):
            return f"  https://{settings.CONSOLE_DOMAIN}/"
        port = env.int("CONSOLE_PORT", default=8000)
        rows = [(x.place, f"http://{x.host}:{port}/", x.email, x.password) for x in demo.logins()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        if not User.objects.exists():
            lines.append("Nobody can sign in yet: run “manage.py createsuperuser”.")
        return "\n".join(f"  {line}" for line in lines)

    def _say(self, line: str) -> None:
        self.stderr.write(str(line), str)
