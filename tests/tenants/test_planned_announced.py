"""Content types, permissions and the rights of roles after migrations that are replayed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.migrations import operations as ops
from django.db.models.signals import post_migrate
from django_tenants.utils import schema_context

from console.accounts.roles import TenantRole
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import bring

pytestmark = pytest.mark.usefixtures("alpha")

ID = ("id", models.BigAutoField(primary_key=True))


def migrate_both() -> None:
    for schema in ("alpha", "beta"):
        with transaction.atomic():
            bring(schema)
    ContentType.objects.clear_cache()


@contextmanager
def told() -> Iterator[list[str]]:
    """The apps whose listeners are told in the block that a schema was migrated."""
    apps: list[str] = []

    def note(app_config: Any, **signal: Any) -> None:
        apps.append(app_config.label)

    post_migrate.connect(note, weak=False)
    try:
        yield apps
    finally:
        post_migrate.disconnect(note)


def permissions(schema: str, model: str) -> set[tuple[str, str]]:
    """The rights to a model that the schema knows, each with the model of its content type."""
    with schema_context(schema):
        found = Permission.objects.filter(codename__endswith=model)
        return set(found.values_list("codename", "content_type__model"))


def key_of(schema: str, model: str) -> int | None:
    with schema_context(schema):
        found = ContentType.objects.filter(app_label="tenant_data", model=model)
        return found.values_list("pk", flat=True).first()


def drift_apart() -> None:
    """From now on, content types have other keys in beta than in alpha."""
    with schema_context("beta"):
        ContentType.objects.create(app_label="gone", model="gone")
        ContentType.objects.create(app_label="gone", model="gone_too")


class TestANewModel:
    def test_has_a_content_type_and_permissions_in_every_schema(self) -> None:
        drift_apart()
        with more_migrations(ops.CreateModel("Shelf", [ID])):
            migrate_both()
        assert key_of("alpha", "shelf") != key_of("beta", "shelf")
        rights = {(f"{verb}_shelf", "shelf") for verb in ("add", "change", "delete", "view")}
        assert permissions("alpha", "shelf") == permissions("beta", "shelf") == rights

    def test_keeps_them_under_another_name(self) -> None:
        """The rights that people have to a model are theirs after it is renamed."""
        drift_apart()
        with more_migrations(ops.CreateModel("Shelf", [ID])):
            migrate_both()
            keys = key_of("alpha", "shelf"), key_of("beta", "shelf")
            with more_migrations(ops.RenameModel("Shelf", "Rack")):
                migrate_both()
        assert (key_of("alpha", "rack"), key_of("beta", "rack")) == keys
        assert (key_of("alpha", "shelf"), key_of("beta", "shelf")) == (None, None)
        assert ("view_shelf", "rack") in permissions("beta", "shelf")
        assert ("view_rack", "rack") in permissions("beta", "rack")


class TestPermissions:
    @pytest.mark.parametrize(
        "options",
        [
            {"permissions": [("water_label", "Can water labels")]},
            {"default_permissions": ("add", "change", "delete", "view", "water")},
        ],
    )
    def test_a_new_one_is_there_in_every_schema(self, options: dict[str, Any]) -> None:
        with more_migrations(ops.AlterModelOptions("label", options)):
            migrate_both()
        for schema in ("alpha", "beta"):
            assert ("water_label", "label") in permissions(schema, "label")


class TestRoles:
    def lose_a_right(self) -> None:
        """As if the code had given it to the role just now."""
        for schema in ("alpha", "beta"):
            with schema_context(schema):
                right = Permission.objects.get(codename="view_task")
                Group.objects.get(pk=TenantRole.VIEWER).permissions.remove(right)

    def has_it(self, schema: str) -> bool:
        with schema_context(schema):
            group = Group.objects.get(pk=TenantRole.VIEWER)
            return group.permissions.filter(codename="view_task").exists()

    def test_get_their_rights_with_a_migration_that_does_nothing(self) -> None:
        self.lose_a_right()
        with more_migrations():
            migrate_both()
        assert self.has_it("alpha")
        assert self.has_it("beta")

    def test_are_not_looked_at_for_a_column(self) -> None:
        self.lose_a_right()
        column = ops.AddField("label", "code", models.TextField(null=True))
        with more_migrations(column), told() as apps:
            migrate_both()
        assert apps == []
        assert not self.has_it("beta")

    def test_every_app_is_told_in_every_schema_where_there_is_news(self) -> None:
        with more_migrations(ops.CreateModel("Shelf", [ID])), told() as apps:
            migrate_both()
        assert apps.count("tenant_data") == 2
        assert "tenants" not in apps
