"""The roles of a company's people: made with its schema, kept right, chosen on a user's page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.models.signals import post_migrate
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.accounts import rights
from console.accounts.models import User
from console.accounts.roles import StaffRole, TenantRole
from console.history.models import LogEntry
from console.sites import tenant_site
from tenant_data.roles import RECORDED_DIGEST, RIGHTS, digest, keep_roles
from tenants.models import Client
from tenants.schemas.migrate import app_configs
from tests.conftest import Browser
from tests.console.people import form_of, page_of, person, roles_of, text_of

TenantBrowser = Callable[..., Browser]


@pytest.fixture
def inside(alpha: Client) -> Iterator[None]:
    with schema_context("alpha"):
        yield


def names(permissions: Any) -> set[str]:
    found = permissions.select_related("content_type")
    return {f"{p.content_type.app_label}.{p.codename}" for p in found}


def migrated() -> None:
    """What is sent after the migrations of a tenant's schema, app by app."""
    for config in app_configs("alpha"):
        post_migrate.send(
            sender=config,
            app_config=config,
            verbosity=0,
            interactive=False,
            using="default",
            apps=apps,
            plan=[],
        )


class TestTheGroups:
    @pytest.mark.parametrize("role", TenantRole)
    def test_are_made_with_the_schema(self, role: TenantRole, inside: None) -> None:
        group = Group.objects.get(pk=role)
        assert group.name == role.name.title()
        known = names(Permission.objects.all())
        assert names(group.permissions) == RIGHTS[role] & known

    def test_each_has_all_of_the_one_before(self) -> None:
        viewer, member, manager, owner = (RIGHTS[role] for role in TenantRole)
        assert viewer < member < manager < owner

    def test_an_owner_has_every_right_that_the_pages_offer(self, inside: None) -> None:
        """A new right belongs to some role: an owner could not give it otherwise."""
        assert names(rights.of_site(tenant_site)) <= RIGHTS[TenantRole.OWNER]

    def test_no_role_has_a_right_that_there_is_not(self, inside: None) -> None:
        assert RIGHTS[TenantRole.OWNER] <= names(rights.of_site(tenant_site))

    def test_a_change_of_rights_comes_with_a_migration(self) -> None:
        assert digest(RIGHTS) == RECORDED_DIGEST, (
            "RIGHTS of tenant_data.roles were changed. The groups of the schemas that are there "
            "are brought up to date after a migration that has no operations: add one to "
            "tenant_data, beside those that change tables. Then record "
            f"RECORDED_DIGEST = {digest(RIGHTS)!r}."
        )

    def test_another_right_is_another_digest(self) -> None:
        changed = {**RIGHTS, TenantRole.OWNER: RIGHTS[TenantRole.OWNER] | {"auth.x_group"}}
        assert digest(changed) != digest(RIGHTS)

    def test_what_somebody_did_to_one_is_undone_by_the_next_migration(self, inside: None) -> None:
        viewer = Group.objects.get(pk=TenantRole.VIEWER)
        before = names(viewer.permissions)
        viewer.permissions.add(Permission.objects.get(codename="delete_user"))
        Group.objects.filter(pk=TenantRole.MEMBER).update(name="Something else")
        Group.objects.filter(pk=TenantRole.MANAGER).delete()
        written = LogEntry.objects.count()
        migrated()
        assert names(viewer.permissions) == before
        assert Group.objects.get(pk=TenantRole.MEMBER).name == "Member"
        assert names(Group.objects.get(pk=TenantRole.MANAGER).permissions) <= RIGHTS[-3]
        assert LogEntry.objects.count() == written  # Nobody did this.

    def test_once_they_are_right_nothing_is_written(self, inside: None) -> None:
        with CaptureQueriesContext(connection) as queries:
            migrated()
        writing = ("INSERT", "UPDATE", "DELETE")
        assert not [q["sql"] for q in queries if q["sql"].startswith(writing)]

    def test_a_group_of_ones_own_with_that_name_keeps_its_rights_under_another(
        self, inside: None
    ) -> None:
        Group.objects.filter(pk=TenantRole.MANAGER).delete()
        own = Group.objects.create(name="Manager")
        own.permissions.add(Permission.objects.get(codename="view_task"))
        migrated()
        own.refresh_from_db()
        assert own.name == "Manager (your own)"
        assert names(own.permissions) == {"tenant_data.view_task"}
        assert Group.objects.get(pk=TenantRole.MANAGER).name == "Manager"
        entry = LogEntry.objects.about(own)[0]
        assert entry.changes["name"] == ["Manager", "Manager (your own)"]

    def test_in_public_they_are_the_staffs(self, db: None) -> None:
        before = {group.pk: names(group.permissions) for group in Group.objects.all()}
        for config in app_configs("alpha"):
            keep_roles(app_config=config, using="default")
        assert {group.pk: names(group.permissions) for group in Group.objects.all()} == before
        assert set(before) == set(StaffRole.values)


class TestFromSuperusersToOwners:
    """What the migration does to the tenants that are there."""

    def migrate(self) -> None:
        make = import_module("console.accounts.migrations.0003_owners").make_owners
        with connection.schema_editor() as editor:
            make(apps, editor)

    def test_superusers_become_owners(self, inside: None) -> None:
        boss = User.objects.create_superuser("boss@alpha.example")
        worker = User.objects.create_user("worker@alpha.example", is_staff=True)
        shut_out = User.objects.create_user("out@alpha.example")
        self.migrate()
        for user in (boss, worker, shut_out):
            user.refresh_from_db()
        assert (boss.is_superuser, roles_of(boss)) == (False, [TenantRole.OWNER])
        assert (worker.is_active, roles_of(worker)) == (True, [])
        assert (shut_out.is_active, shut_out.is_staff) == (False, True)

    def test_the_companys_own_group_of_that_name_is_not_taken_over(self, inside: None) -> None:
        Group.objects.filter(pk=TenantRole.OWNER).delete()
        own = Group.objects.create(name="Owner")
        boss = User.objects.create_superuser("boss@alpha.example")
        self.migrate()
        migrated()
        own.refresh_from_db()
        assert own.name == "Owner (your own)"
        assert Group.objects.get(pk=TenantRole.OWNER).name == "Owner"
        assert roles_of(boss) == [TenantRole.OWNER]
        assert not own.permissions.exists()

    def test_the_staffs_superusers_stay(self, operator: User) -> None:
        self.migrate()
        operator.refresh_from_db()
        assert operator.is_superuser


class TestTheFirstAdmin:
    def test_is_an_owner_and_no_superuser(self, alpha: Client, owner: User) -> None:
        with schema_context("alpha"):
            assert (owner.is_superuser, owner.is_staff) == (False, True)
            assert roles_of(owner) == [TenantRole.OWNER]

    def test_may_give_every_role(self, owner: User, inside: None) -> None:
        assert set(TenantRole.values) <= rights.grantable_groups(owner)


class TestChoosingARole:
    @pytest.mark.parametrize("role", TenantRole)
    def test_an_owner_changes_it(
        self, role: TenantRole, alpha: Client, owner: User, tenant_browser: TenantBrowser
    ) -> None:
        bob = person("bob@alpha.example", TenantRole.VIEWER)
        form = form_of(bob, role=role.value)
        assert tenant_browser(alpha, owner).post(page_of(bob), form).status_code == 302
        assert roles_of(bob) == [role]

    def test_other_groups_stay_beside_it(
        self, alpha: Client, owner: User, tenant_browser: TenantBrowser
    ) -> None:
        bob = person("bob@alpha.example", TenantRole.VIEWER)
        with schema_context("alpha"):
            own = Group.objects.create(name="Summer help")
        form = form_of(bob, role=TenantRole.MEMBER.value, groups=[own.pk])
        tenant_browser(alpha, owner).post(page_of(bob), form)
        assert roles_of(bob) == [TenantRole.MEMBER, own.pk]

    def test_a_manager_makes_no_owners(self, alpha: Client, tenant_browser: TenantBrowser) -> None:
        manager = person("mona@alpha.example", TenantRole.MANAGER)
        bob = person("bob@alpha.example", TenantRole.MEMBER)
        browser = tenant_browser(alpha, manager)
        page = text_of(browser.get(page_of(bob)))
        assert re.search(r'value="-4"[^>]*disabled', page)
        assert not re.search(r'value="-3"[^>]*disabled', page)
        response = browser.post(page_of(bob), form_of(bob, role=TenantRole.OWNER.value))
        assert "You cannot give rights that you do not have yourself." in text_of(response)
        assert roles_of(bob) == [TenantRole.MEMBER]

    def test_nor_does_one_touch_an_owner(
        self, alpha: Client, owner: User, tenant_browser: TenantBrowser
    ) -> None:
        manager = person("mona@alpha.example", TenantRole.MANAGER)
        browser = tenant_browser(alpha, manager)
        response = browser.post(page_of(owner), form_of(owner, role=TenantRole.VIEWER.value))
        assert response.status_code == 403
        assert roles_of(owner) == [TenantRole.OWNER]
        # They are seen all the same, with the role in words.
        assert "Owner: May do everything" in text_of(browser.get(page_of(owner)))

    @pytest.mark.parametrize("role", [TenantRole.VIEWER, TenantRole.MEMBER])
    def test_others_do_not_see_the_people_at_all(
        self, role: TenantRole, alpha: Client, tenant_browser: TenantBrowser
    ) -> None:
        bob = person("bob@alpha.example", role)
        assert tenant_browser(alpha, bob).get("/accounts/user/").status_code == 403

    def test_nobody_makes_superusers_here_not_even_one(
        self, alpha: Client, tenant_browser: TenantBrowser
    ) -> None:
        with schema_context("alpha"):
            root = User.objects.create_superuser("root@alpha.example", "pw")
        bob = person("bob@alpha.example", TenantRole.MEMBER)
        browser = tenant_browser(alpha, root)
        page = text_of(browser.get(page_of(bob)))
        for name in ("is_superuser", "is_staff", "is_active"):
            assert f'name="{name}"' not in page
        form = form_of(bob, role=TenantRole.MEMBER.value, is_superuser="on", is_active="")
        assert browser.post(page_of(bob), form).status_code == 302
        with schema_context("alpha"):
            bob.refresh_from_db()
        assert (bob.is_superuser, bob.is_active, bob.is_staff) == (False, True, True)
        # Who is one already is said to be.
        assert ">Superuser<" in re.sub(r"\s+", "", text_of(browser.get(page_of(root))))
