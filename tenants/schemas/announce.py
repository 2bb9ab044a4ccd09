"""What Django's listeners are told before and after the migrations of a schema."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db.migrations import Migration
from django.db.migrations.state import ProjectState, StateApps

from console.postgres.contexts import tenants_connection
from tenants.validators import PUBLIC_SCHEMA


def app_configs(schema: str) -> list[AppConfig]:
    """The apps whose tables belong in the schema."""
    names = settings.SHARED_APPS if schema == PUBLIC_SCHEMA else settings.TENANT_APPS
    return [config for config in apps.get_app_configs() if config.name in names]


def announce(signal: Any, schema: str, state_apps: StateApps, plan: list[Migration]) -> None:
    """Tell Django's listeners, for the apps of this schema alone.

    They make content types and permissions; sent for all apps, as ``migrate`` does, they would
    put the other side's into this schema too.
    """
    for config in app_configs(schema):
        if config.models_module is not None:
            signal.send(
                sender=config,
                app_config=config,
                verbosity=0,
                interactive=False,
                using=tenants_connection().alias,
                apps=state_apps,
                plan=[(migration, False) for migration in plan],
            )


def is_news(before: ProjectState, after: ProjectState, plan: list[Migration]) -> bool:
    """Whether ``post_migrate`` has anything to do after these migrations.

    Content types and permissions come from models and what they say of their permissions. The
    rights of roles are no model's: a migration without operations says that they were changed.
    """
    if any(not migration.operations for migration in plan):
        return True
    return _permissions(before) != _permissions(after)


def _permissions(state: ProjectState) -> dict[tuple[str, str], tuple[Any, Any]]:
    return {
        key: (
            [tuple(each) for each in model.options.get("permissions", ())],
            tuple(model.options.get("default_permissions", _DEFAULT)),
        )
        for key, model in state.models.items()
    }


_DEFAULT = ("add", "change", "delete", "view")
