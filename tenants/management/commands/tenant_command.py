"""django-tenants' command, for tenants that are there."""

from typing import Any

from django.core.management.base import CommandError
from django_tenants.management.commands.tenant_command import Command as Wrapped

from tenants.management.tenant_option import ReadyTenantOption

#: These change schemas, which only operations do.
REFUSED = {"migrate": "migrate_schemas --schema NAME"}


class Command(ReadyTenantOption, Wrapped):
    help = "Run another command inside one tenant, as that tenant's role."

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            if len(argv) > 2 and argv[2] in REFUSED:
                raise CommandError(f"Use “manage.py {REFUSED[argv[2]]}” instead.")
            super().run_from_argv(argv)
        except CommandError as exc:
            self.stderr.write(str(exc))
            raise SystemExit(exc.returncode) from exc

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["command_name"][0]
        if name in REFUSED:
            raise CommandError(f"Use “manage.py {REFUSED[name]}” instead.")
        super().handle(*args, **options)
