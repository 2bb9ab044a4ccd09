"""Commands of django-tenants that have no place here."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class RefusedCommand(BaseCommand):
    """Says what to do instead. The database would refuse it anyway, less politely."""

    instead = ""

    def run_from_argv(self, argv: list[str]) -> None:
        self.stderr.write(self.instead)
        raise SystemExit(1)

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError(self.instead)
