"""Migrations that were squashed into one: schemas that have all of them, some, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import models, transaction
from django.db.migrations import operations as ops
from django.db.migrations.loader import MigrationLoader

from tenants.schemas.foreseen import Foreseen, foresee
from tenants.schemas.inspect import objects_of
from tenants.schemas.migrate import applied_migrations, known_migrations
from tests.tenants.more_migrations import APP, more_migrations, one_after
from tests.tenants.operating import bring

pytestmark = pytest.mark.usefixtures("alpha", "beta")

ONE, TWO, BOTH = f"{APP}.9001_more", f"{APP}.9002_more", f"{APP}.9001_squashed"
FIRST, SECOND = (
    ops.AddField("label", name, models.TextField(null=True)) for name in ("first", "second")
)


@contextmanager
def squashed() -> Iterator[None]:
    """In the block the code has two migrations, and one in place of both."""
    last = max(name for app, name in MigrationLoader(None).graph.nodes if app == APP)
    replaces = [(APP, "9001_more"), (APP, "9002_more")]
    with more_migrations(FIRST, SECOND, each=True):
        load = MigrationLoader.load_disk

        def load_disk(loader: MigrationLoader) -> None:
            load(loader)
            name = "9001_squashed"
            loader.disk_migrations[APP, name] = one_after(
                last, name, FIRST, SECOND, replaces=replaces
            )

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(MigrationLoader, "load_disk", load_disk)
            known_migrations.cache_clear()
            yield


def bring_both() -> list[list[str]]:
    applied = []
    for schema in ("alpha", "beta"):
        with transaction.atomic():
            brought = bring(schema)
        assert known_migrations() <= brought.has == applied_migrations(schema)
        applied.append(brought.applied)
    assert objects_of("alpha") == objects_of("beta")
    assert "column tenant_data_label.second" in objects_of("beta")
    return applied


@pytest.mark.parametrize(
    ("had", "applied"),
    [((), [BOTH]), ((FIRST,), [TWO]), ((FIRST, SECOND), [])],
    ids=["none", "some", "all"],
)
def test_each_has_what_it_lacks_and_the_record_of_both(
    had: tuple[Any, ...], applied: list[str]
) -> None:
    with more_migrations(*had, each=True):
        for schema in ("alpha", "beta"):
            bring(schema)
    with squashed():
        assert bring_both() == [applied, applied]
        assert {ONE, TWO, BOTH} <= applied_migrations("beta")
        assert [bring("beta").applied, BOTH in known_migrations()] == [[], True]


def test_that_it_is_noted_alone_is_said_beforehand() -> None:
    with more_migrations(FIRST, SECOND, each=True):
        bring("alpha")
    with squashed():
        assert foresee("alpha") == [Foreseen(BOTH, ())]
        bring("alpha")
        assert foresee("alpha") == []
