"""Which app is in which list, and in which order; 001 to 009."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from console.checks.asking import TAG, found

#: Both sides sign in, have groups and a history: each finds its own in its own schema.
ON_BOTH_SIDES = (
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
)
#: Whose tables are the platform's: no company has any.
IN_PUBLIC_ALONE = ("django_tenants", "procrastinate.contrib.django")
#: Whose tables are a company's: the platform has none.
IN_TENANTS_ALONE = ("tenant_data", "console.company")

#: Which app stands before which in INSTALLED_APPS, and what the first replaces in the second.
ORDER = (
    ("tenants", "django_tenants", "commands, such as migrate_schemas and delete_tenant"),
    ("unfold", "django_tenants", "templates of the admin"),
    ("unfold", "django.contrib.admin", "templates of the admin"),
)

#: Settings of django-tenants that this console does without, and what stands in their place.
WITHOUT_EFFECT = {
    "DEFAULT_NOT_FOUND_TENANT_VIEW": "An unknown host gets console/unknown_host.html.",
    "GET_EXECUTOR_FUNCTION": "Schemas are migrated by operations.",
    "PG_EXTRA_SEARCH_PATHS": "In a company's schema the search path is that schema alone.",
    "SHOW_PUBLIC_IF_NO_TENANT_FOUND": "An unknown host never gets the staff's pages.",
    "TENANT_BASE_SCHEMA": "Schemas are made by migrations.",
    "TENANT_CREATION_FAKES_MIGRATIONS": "Schemas are made by migrations.",
    "TENANT_MIGRATION_ORDER": "Operations are done in the order in which they were asked for.",
    "TENANT_SUBFOLDER_PREFIX": "Each company has a host of its own.",
}
#: Settings that name what one side asks of the other, by dotted paths.
PATHS = (
    "TENANT_USE",
    "TENANT_PLAN",
    "TENANT_RESOURCES",
    "TENANT_FILES",
    "DEMO_RESOURCES",
    "DEMO_WORK",
)


def name_of_app(model: str) -> str:
    return apps.get_model(model)._meta.app_config.name


@register(TAG)
def check_lists(**kwargs: Any) -> list[CheckMessage]:
    """Every app with tables has them where they belong, and nowhere else."""
    return [*_unknown(), *_homeless(), *_on_one_side(), *_astray()]


def _unknown() -> Iterator[CheckMessage]:
    installed = {config.name for config in apps.get_app_configs()}
    for setting in ("SHARED_APPS", "TENANT_APPS"):
        for name in getattr(settings, setting):
            if name not in installed:
                yield Error(
                    f"{setting} has “{name}”, which is not the name of an installed app.",
                    hint=(
                        "Write the app's name, not the path of its AppConfig, and add the app to "
                        "INSTALLED_APPS; or take it out of the list."
                    ),
                    id="console.E001",
                )


def _homeless() -> Iterator[CheckMessage]:
    listed = {*settings.SHARED_APPS, *settings.TENANT_APPS}
    for config in apps.get_app_configs():
        if config.name not in listed and any(config.get_models()):
            yield Error(
                f"The app “{config.name}” is in neither list: its tables are made nowhere.",
                hint=(
                    "Add it to SHARED_APPS if its rows are the platform's, to TENANT_APPS if they "
                    "are a company's, to both if each side has its own."
                ),
                id="console.E002",
            )


def _on_one_side() -> Iterator[CheckMessage]:
    both = [*ON_BOTH_SIDES, *map(name_of_app, _models_on_both_sides())]
    for name in both:
        for setting in ("SHARED_APPS", "TENANT_APPS"):
            if name not in getattr(settings, setting):
                yield Error(
                    f"“{name}” is not in {setting}: users, their groups and sessions, and the "
                    "history have to be in the same schema, on both sides.",
                    hint=f"Add “{name}” to {setting}; _BOTH_SIDES in the settings goes into both.",
                    id="console.E003",
                )


def _models_on_both_sides() -> list[str]:
    return [settings.AUTH_USER_MODEL, settings.AUDITLOG_LOGENTRY_MODEL]


def _astray() -> Iterator[CheckMessage]:
    public = {
        *IN_PUBLIC_ALONE,
        *map(name_of_app, (settings.TENANT_MODEL, settings.TENANT_DOMAIN_MODEL)),
    }
    for name in sorted(public):
        if name in settings.TENANT_APPS or name not in settings.SHARED_APPS:
            yield Error(
                f"“{name}” belongs to the platform: it has to be in SHARED_APPS alone.",
                hint=f"Add “{name}” to SHARED_APPS and take it out of TENANT_APPS.",
                id="console.E004",
            )
    for name in IN_TENANTS_ALONE:
        if apps.is_installed(name) and (
            name in settings.SHARED_APPS or name not in settings.TENANT_APPS
        ):
            yield Error(
                f"“{name}” belongs to the companies: it has to be in TENANT_APPS alone.",
                hint=f"Add “{name}” to TENANT_APPS and take it out of SHARED_APPS.",
                id="console.E005",
            )


@register(TAG)
def check_order(**kwargs: Any) -> list[CheckMessage]:
    """Of two apps with a command or a template of the same name, Django takes the first."""
    place = {config.name: n for n, config in enumerate(apps.get_app_configs())}
    return [
        Error(
            f"“{second}” stands before “{first}” in INSTALLED_APPS, which replaces its {what}.",
            hint=f"Move “{first}” up, before “{second}”.",
            id="console.E006",
        )
        for first, second, what in ORDER
        if first in place and second in place and place[first] > place[second]
    ]


@register(TAG)
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """What django-tenants offers and this console does not; and what can be found nowhere."""
    return [*_unsupported(), *_without_effect(), *_dangling()]


def _unsupported() -> Iterator[CheckMessage]:
    if getattr(settings, "PUBLIC_SCHEMA_NAME", "public") != "public":
        yield Error(
            f"PUBLIC_SCHEMA_NAME is “{settings.PUBLIC_SCHEMA_NAME}”: the console's rights are "
            "those on the schema “public”.",
            hint="Take PUBLIC_SCHEMA_NAME out of the settings.",
            id="console.E007",
        )
    if getattr(settings, "HAS_MULTI_TYPE_TENANTS", False):
        yield Error(
            "HAS_MULTI_TYPE_TENANTS is set: here every schema has the same tables.",
            hint="Take it out of the settings; a plan says what a client may do.",
            id="console.E007",
        )


def _without_effect() -> Iterator[CheckMessage]:
    for setting, instead in WITHOUT_EFFECT.items():
        if getattr(settings, setting, None):
            yield Warning(
                f"{setting} has no effect here. {instead}",
                hint=f"Take {setting} out of the settings.",
                id="console.W008",
            )


def _dangling() -> Iterator[CheckMessage]:
    for setting in PATHS:
        value = getattr(settings, setting, None) or ()
        paths = [value] if isinstance(value, str) else value
        for path in paths.values() if isinstance(paths, dict) else paths:
            if found(path) is None:
                yield Error(
                    f"{setting} has “{path}”, which cannot be imported.",
                    hint="Correct the dotted path, or mend the module that it leads to.",
                    id="console.E009",
                )
