"""Running other commands inside a tenant: which make sense there, and how they are called."""

from __future__ import annotations

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandError

#: Apps whose commands are about the whole console, not about one tenant's data.
_OF_THE_CONSOLE = {"tenants", "django_tenants", "procrastinate.contrib.django", "auditlog"}
_WITHOUT_TENANT = {"collectstatic", "makemigrations", "runserver", "startapp", "startproject"}
_INSTEAD = {
    "migrate": "Schemas are changed by operations. Use “manage.py migrate_schemas --schema NAME”.",
    "createsuperuser": "Use “manage.py create_tenant_superuser --schema NAME”.",
    "flush": "A tenant's role may not empty tables.",
}
_INSTEAD["migrate_schemas"] = _INSTEAD["migrate"]
_INSTEAD["create_tenant_superuser"] = _INSTEAD["createsuperuser"]


def refuse(name: str) -> None:
    """Raise ``CommandError`` for a command that cannot be run inside a tenant, or is none."""
    app = get_commands().get(name)
    if app is None:
        raise CommandError(f"There is no command “{name}”. “manage.py help” lists them.")
    if name in _INSTEAD:
        raise CommandError(_INSTEAD[name])
    if name in _WITHOUT_TENANT or _app_name(app) in _OF_THE_CONSOLE:
        raise CommandError(
            f"“{name}” is about the whole console, so it does not run inside a tenant. "
            f"Use “manage.py {name}”."
        )


def load(name: str) -> BaseCommand:
    """The command of this name. Raises ``CommandError`` as ``refuse`` does."""
    refuse(name)
    app = get_commands()[name]
    return app if isinstance(app, BaseCommand) else load_command_class(app, name)


def asks_for_help(argv: list[str]) -> bool:
    """Whether the command only prints its help: then there is no database to look into."""
    return bool({"-h", "--help"} & set(argv))


def _app_name(app: str | BaseCommand) -> str:
    return app if isinstance(app, str) else type(app).__module__.partition(".management")[0]
