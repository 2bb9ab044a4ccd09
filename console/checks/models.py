"""What leads from one side's tables to the other's, and which page shows which; 011 to 019."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib import admin
from django.core.checks import CheckMessage, Error, Warning, register
from django.db.models import DO_NOTHING, ForeignKey

from console.checks.asking import TAG, labels_in, labels_in_public_alone, labels_in_tenants


@register(TAG)
def check_schemas_are_made_by_operations(**kwargs: Any) -> list[CheckMessage]:
    model = apps.get_model(settings.TENANT_MODEL)
    return [
        Error(
            f"{attribute} is set: saving or deleting a row would {what} a schema, with no "
            "operation, no roles and no rights.",
            hint=f"Set “{attribute} = False” in the model.",
            obj=model,
            id="console.E011",
        )
        for attribute, what in (("auto_create_schema", "make"), ("auto_drop_schema", "drop"))
        if getattr(model, attribute, False)
    ]


@register(TAG)
def check_foreign_keys(**kwargs: Any) -> list[CheckMessage]:
    """No row leads into the other side's schema, and no deletion there reaches this side."""
    tenants, public_alone = labels_in_tenants(), labels_in_public_alone()
    both = labels_in(settings.SHARED_APPS) & tenants
    return [
        message
        for field in _foreign_keys()
        for message in _of_foreign_key(field, tenants, public_alone, both)
    ]


def _foreign_keys() -> Iterator[ForeignKey[Any, Any]]:
    """Of every table, those between two tables of a many-to-many field too."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_fields:
            if isinstance(field, ForeignKey) and not isinstance(field.related_model, str):
                yield field


def _of_foreign_key(
    field: ForeignKey[Any, Any], tenants: set[str], public_alone: set[str], both: set[str]
) -> Iterator[CheckMessage]:
    here, there = field.model._meta.app_label, field.related_model._meta.app_label
    target = field.related_model._meta.label
    if here in tenants and there in public_alone:
        yield Error(
            f"A company's row leads to “{target}”, which is in “public” alone.",
            hint="Keep a plain value there, such as a code or a name, and no foreign key.",
            obj=field,
            id="console.E012",
        )
    elif here in public_alone and there in tenants - both:
        yield Error(
            f"A row of “public” leads to “{target}”, of which every company has a table.",
            hint="Keep a plain value and the schema's name there, and no foreign key.",
            obj=field,
            id="console.E013",
        )
    elif here in public_alone and there in both and field.remote_field.on_delete is not DO_NOTHING:
        yield Error(
            f"Deleting a company's “{target}” would change or delete the platform's rows that "
            "name another of the same key, or fail for want of the table.",
            hint=(
                "Use models.DO_NOTHING, db_constraint=False and related_name='+', and keep who "
                "it was as text beside it."
            ),
            obj=field,
            id="console.E014",
        )


@register(TAG)
def check_admin_sites(**kwargs: Any) -> list[CheckMessage]:
    """A page shows a table that is in the schema which the page is in."""
    from console.sites import public_site, tenant_site

    sides = (
        (public_site, "staff's", "SHARED_APPS", labels_in(settings.SHARED_APPS), "tenant_site"),
        (tenant_site, "companies'", "TENANT_APPS", labels_in_tenants(), "public_site"),
    )
    wrong: list[CheckMessage] = [
        Error(
            f"It has a page on the {whose} side, and no table there: its app is not in {setting}.",
            hint=f"Register it on {other} (console.sites), or add its app to {setting}.",
            obj=model,
            id="console.E015",
        )
        for site, whose, setting, labels, other in sides
        for model in site._registry
        if model._meta.app_label not in labels
    ]
    shown = {*public_site._registry, *tenant_site._registry}
    return wrong + [
        Warning(
            "It has a page on Django's own admin site, which no address leads to.",
            hint="Say where: @admin.register(…, site=tenant_site), or site=public_site.",
            obj=model,
            id="console.W016",
        )
        for model in admin.site._registry  # Asked for late: Unfold puts its own there.
        if model not in shown and _is_ours(model._meta.app_config)
    ]


def _is_ours(config: AppConfig) -> bool:
    """Whether the app is the project's, not an installed package's: those use Django's site."""
    path = Path(config.path)
    return path.is_relative_to(settings.BASE_DIR) and "site-packages" not in path.parts
