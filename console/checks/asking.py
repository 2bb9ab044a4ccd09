"""What the checks ask in common: which app is on which side, and what follows the schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string
from django_tenants.utils import schema_context

#: The tag of all of these checks: ``manage.py check --tag console``.
TAG = "console"
#: How many of the same kind a message names.
NAMED = 5


def labels_in(names: Sequence[str]) -> set[str]:
    """The labels of the installed apps of these names."""
    return {config.label for config in apps.get_app_configs() if config.name in names}


def labels_in_tenants() -> set[str]:
    """The apps that have their tables in every company's schema."""
    return labels_in(settings.TENANT_APPS)


def labels_in_public_alone() -> set[str]:
    return labels_in(settings.SHARED_APPS) - labels_in_tenants()


def follows_the_schema(ask: Callable[[], Any]) -> bool:
    """Whether the answer is another one in each schema. Nothing is sent to the database."""
    answers = []
    for schema in ("a", "b"):
        with schema_context(schema):
            answers.append(ask())
    return answers[0] != answers[1]


def has_our_engine() -> bool:
    """Whether the connection knows schemas; where it does not, ``console.E301`` says so."""
    return hasattr(connection, "schema_name")


def found(path: Any) -> Any:
    """What the dotted path leads to; ``None`` where it leads nowhere."""
    with suppress(ImportError, AttributeError):
        return import_string(path)
    return None


def some(names: Sequence[str]) -> str:
    """The first few of the names, in words."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
