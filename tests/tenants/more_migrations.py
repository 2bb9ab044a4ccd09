"""Migrations of `tenant_data` that are there for a test alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import migrations
from django.db.migrations.loader import MigrationLoader

from tenants.operations import outlook, versions
from tenants.schemas.migrate import known_migrations, migrations_of_the_code
from tenants.schemas.planned import forget_plans

APP = "tenant_data"


def one_after(last: str, name: str, *operations: Any, **attributes: Any) -> migrations.Migration:
    """A migration that follows the one called ``last``."""
    kind = type(
        "Migration",
        (migrations.Migration,),
        {"dependencies": [(APP, last)], "operations": [*operations], **attributes},
    )
    return kind(name, APP)


@contextmanager
def more_migrations(
    *operations: Any, each: bool = False, alone: Collection[int] = (), **attributes: Any
) -> Iterator[None]:
    """In the block the code has one more migration with these operations, or one for ``each``.
    Those with the places ``alone`` ask to be in no transaction."""
    last = max(name for app, name in MigrationLoader(None).graph.nodes if app == APP)
    groups = [[operation] for operation in operations] if each else [operations]
    added = {}
    first = int(last[:4]) + 1 if last.startswith("9") else 9001
    for place, group in enumerate(groups):
        name = f"{first + place}_more"
        own = {"atomic": False} if place in alone else {}
        added[name] = one_after(last, name, *group, **attributes, **own)
        last = name
    load = MigrationLoader.load_disk

    def load_disk(loader: MigrationLoader) -> None:
        load(loader)
        for name, migration in added.items():
            # Its own for each loader, as those from files are: listeners change them.
            loader.disk_migrations[APP, name] = type(migration)(name, APP)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MigrationLoader, "load_disk", load_disk)
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    migrations_of_the_code.cache_clear()
    known_migrations.cache_clear()
    versions._is_version_behind.cache_clear()
    versions._lacks_alone.cache_clear()
    outlook._kept.clear()
    forget_plans()
