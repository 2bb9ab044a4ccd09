"""What is kept beside the tables: sessions, messages, cache, files; 201 to 219."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.messages.storage.session import SessionStorage
from django.core.cache.backends.base import get_key_func
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.files.storage import storages
from django.db.models import FileField

from console.checks.asking import (
    TAG,
    follows_the_schema,
    found,
    has_our_engine,
    labels_in_public_alone,
    labels_in_tenants,
)

#: Storages that the code asks for by name: whether each has a folder for every schema.
ALIASES = {"default": True, "imports": True, "logos": False}


@register(TAG)
def check_sessions(**kwargs: Any) -> list[CheckMessage]:
    """A session is a row in the schema, behind the same wall as everything else."""
    from django.contrib.sessions.backends import cached_db, db

    store = found(f"{settings.SESSION_ENGINE}.SessionStore")
    is_a_row = isinstance(store, type) and issubclass(store, db.SessionStore)
    messages: list[CheckMessage] = []
    if not is_a_row or issubclass(store, cached_db.SessionStore):
        messages.append(
            Error(
                f"SESSION_ENGINE is “{settings.SESSION_ENGINE}”: a session that is not read from "
                "its schema's table may be good for another company's user of the same key.",
                hint="Use django.contrib.sessions.backends.db.",
                id="console.E201",
            )
        )
    storage = found(settings.MESSAGE_STORAGE)
    if not (isinstance(storage, type) and issubclass(storage, SessionStorage)):
        messages.append(
            Warning(
                f"MESSAGE_STORAGE is “{settings.MESSAGE_STORAGE}”: messages in a cookie can be "
                "carried to another company's host.",
                hint="Use django.contrib.messages.storage.session.SessionStorage.",
                id="console.W202",
            )
        )
    return messages


@register(TAG)
def check_caches(**kwargs: Any) -> list[CheckMessage]:
    """What one company put into the cache no other finds there."""
    messages: list[CheckMessage] = []
    for alias, options in settings.CACHES.items():
        backend = options.get("BACKEND", "")
        if has_our_engine() and not _has_keys_of_its_own(options.get("KEY_FUNCTION")):
            messages.append(
                Error(
                    f"The cache “{alias}” has the same keys in every schema: one company's people "
                    "would be shown what was looked up for another's.",
                    hint="Set its KEY_FUNCTION to django_tenants.cache.make_key.",
                    id="console.E203",
                )
            )
        if backend.endswith(".DatabaseCache"):
            messages.append(
                Error(
                    f"The cache “{alias}” is a table of “public”, which no company's role may use.",
                    hint="Use a cache outside the database, such as LocMemCache.",
                    id="console.E204",
                )
            )
    return messages


def _has_keys_of_its_own(key_function: Any) -> bool:
    try:
        make_key = get_key_func(key_function)
    except ImportError:
        return False
    return follows_the_schema(lambda: make_key("key", "", 1))


@register(TAG)
def check_storages(**kwargs: Any) -> list[CheckMessage]:
    """A company's files are in its own folder, which a drop takes away with the schema."""
    if not has_our_engine():
        return []
    named = list(_named_storages())
    # Without one of them, asking a field for its storage would fail.
    return named if set(ALIASES) - set(settings.STORAGES) else [*named, *_file_fields()]


def _named_storages() -> Iterator[CheckMessage]:
    for alias, per_schema in ALIASES.items():
        if alias not in settings.STORAGES:
            yield Error(
                f"STORAGES has no “{alias}”.",
                hint="Take over its entry from the settings that the console came with.",
                id="console.E205",
            )
        elif _has_folders(storages[alias]) != per_schema:
            yield _in_wrong_folder(f"The storage “{alias}”", per_schema)


def _file_fields() -> Iterator[CheckMessage]:
    """Those whose storage is not one of the named, or is one of the other side's."""
    tenants, public_alone = labels_in_tenants(), labels_in_public_alone()
    for model in apps.get_models():
        label = model._meta.app_label
        for field in model._meta.local_fields:
            if isinstance(field, FileField) and label in tenants | public_alone:
                per_schema = label in tenants
                named = [storages[alias] for alias in ALIASES if ALIASES[alias] == per_schema]
                if field.storage not in named and _has_folders(field.storage) != per_schema:
                    yield _in_wrong_folder("Its storage", per_schema, obj=field)


def _has_folders(storage: Any) -> bool:
    return follows_the_schema(lambda: getattr(storage, "location", None))


def _in_wrong_folder(what: str, per_schema: bool, obj: Any = None) -> CheckMessage:
    if per_schema:
        return Error(
            f"{what} keeps the files of all companies in one folder.",
            hint=(
                "Use django_tenants.files.storage.TenantFileSystemStorage without a location, or "
                "console.importing.storage.SchemaStorage with one. A storage of your own has a "
                "“location” that ends with the schema's name."
            ),
            obj=obj,
            id="console.E206",
        )
    return Error(
        f"{what} follows the schema, and its rows are in “public”: what the staff store is not "
        "found on a company's host.",
        hint="Use django.core.files.storage.FileSystemStorage, with a folder of its own.",
        obj=obj,
        id="console.E207",
    )


@register(TAG)
def check_import_rights(**kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"{setting} is not set: whoever may see a list could {what} all of it.",
            hint=f"Set {setting} = “{what}”.",
            id="console.E208",
        )
        for setting, what in (
            ("IMPORT_EXPORT_IMPORT_PERMISSION_CODE", "import"),
            ("IMPORT_EXPORT_EXPORT_PERMISSION_CODE", "export"),
        )
        if not getattr(settings, setting, None)
    ]
