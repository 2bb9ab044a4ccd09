"""Loads the demo."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.importing.exceptions import ImportingError
from tenants.exceptions import TenantError
from tenants.operations.demo import load_demo


class Command(BaseCommand):
    help = "Import the demo's companies, people and tasks; can be run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="even where the console is not on localhost"
        )

    def handle(self, *, force: bool, **options: Any) -> None:
        try:
            load_demo(report=self.stdout.write, force=force)
        except (TenantError, ImportingError) as exc:
            raise CommandError(str(exc)) from exc
