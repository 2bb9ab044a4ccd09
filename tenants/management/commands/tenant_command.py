"""django-tenants' command, for tenants that are there and commands that make sense in one."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django_tenants.management.commands.tenant_command import Command as Wrapped

from tenants.management import inside
from tenants.management.tenant_option import ReadyTenantOption


class Command(ReadyTenantOption, Wrapped):
    help = "Run another command inside one tenant, as that tenant's role."

    def run_from_argv(self, argv: list[str]) -> None:
        """The schema may be named before or after the command; what else there is belongs to the
        command."""
        parser = ArgumentParser(add_help=False, allow_abbrev=False)
        parser.add_argument("-s", "--schema", "--schema_name", dest="schema_name")
        try:
            ours, rest = parser.parse_known_args(argv[2:])
            if not rest or rest[0].startswith("-"):
                BaseCommand.run_from_argv(self, argv)  # says what is missing, or helps
                return
            command = inside.load(rest[0])
            if not inside.asks_for_help(rest):
                connection.set_tenant(self.get_tenant_from_options_or_interactive(**vars(ours)))
            command.run_from_argv([argv[0], *rest])
        except CommandError as exc:
            self.stderr.write(str(exc))
            raise SystemExit(exc.returncode) from exc

    def handle(self, *args: Any, **options: Any) -> None:
        inside.refuse(options["command_name"][0])
        super().handle(*args, **options)
