"""django-tenants' command, for tenants that are there and commands that make sense in one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django_tenants.management.commands.all_tenants_command import Command as Wrapped

from tenants.management import inside
from tenants.models import Client


class Command(Wrapped):
    help = "Run another command inside each tenant in turn, as that tenant's role, and in public."

    def get_tenants(self, no_public: bool) -> list[Client]:
        """Those that have a schema; the others are named and left out."""
        clients = Client.objects.with_schema_exists().order_by("schema_name")
        ready: list[Client] = []
        left_out: list[str] = []
        for client in clients:
            if client.is_public:
                if not no_public:
                    ready.insert(0, client)
            elif client.is_provisioned and client.schema_exists:
                ready.append(client)
            else:
                left_out.append(client.schema_name)
        if left_out:
            self.stdout.write(f"Left out, for they have no schema: {', '.join(left_out)}.")
        return ready

    def run_wrapped_command_from_argv(self, argv: list[str]) -> None:
        words = [word for word in argv[2:] if word != "--no-public"]
        if words and not words[0].startswith("-"):
            command = inside.load(words[0])
            if inside.asks_for_help(words):
                command.run_from_argv([argv[0], *words])
                return
        super().run_wrapped_command_from_argv(argv)

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            self.run_wrapped_command_from_argv(argv)
        except CommandError as exc:
            self.stderr.write(str(exc))
            raise SystemExit(exc.returncode) from exc

    def handle(self, *args: Any, **options: Any) -> None:
        inside.refuse(options["command_name"][0])
        super().handle(*args, **options)
