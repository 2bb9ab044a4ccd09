"""The last owner who can sign in stays one, whoever tries what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Group
from django.db import transaction
from django_tenants.utils import schema_context

from console.accounts.admins import admins, is_last_admin
from console.accounts.models import User
from console.accounts.roles import TenantRole
from tenants.models import Client
from tests.conftest import Browser
from tests.console.people import form_of, fresh, page_of, person, roles_of, text_of

TenantBrowser = Callable[..., Browser]
LIST = "/accounts/user/"


@pytest.fixture
def browser(tenant_browser: TenantBrowser, alpha: Client, owner: User) -> Browser:
    """The owner's."""
    return tenant_browser(alpha, owner)


@pytest.fixture
def member(alpha: Client) -> User:
    return person("bob@alpha.example", TenantRole.MEMBER)


@pytest.fixture
def equal(alpha: Client) -> User:
    """Somebody with every right of an owner who is none."""
    user = person("eve@alpha.example")
    with schema_context("alpha"):
        group = Group.objects.create(name="As good as owners")
        group.permissions.set(Group.objects.get(pk=TenantRole.OWNER).permissions.all())
        user.groups.add(group)
    return user


class TestTheLastOwner:
    def test_is_not_demoted(self, browser: Browser, owner: User, member: User) -> None:
        form = form_of(owner, role=TenantRole.MANAGER.value)
        response = browser.post(page_of(owner), form)
        assert "This is the last owner who can sign in." in text_of(response)
        assert roles_of(owner) == [TenantRole.OWNER]
        with schema_context("alpha"):
            member.groups.set([TenantRole.OWNER.value])
        assert browser.post(page_of(owner), form).status_code == 302
        assert roles_of(owner) == [TenantRole.MANAGER]

    def test_does_not_count_who_cannot_sign_in(
        self, browser: Browser, owner: User, member: User
    ) -> None:
        with schema_context("alpha"):
            member.groups.set([TenantRole.OWNER.value])
            User.objects.filter(pk=member.pk).update(is_active=False)
        response = browser.post(page_of(owner), form_of(owner, role=""))
        assert "This is the last owner who can sign in." in text_of(response)

    def test_a_superuser_counts(self, browser: Browser, owner: User) -> None:
        with schema_context("alpha"):
            User.objects.create_superuser("root@alpha.example", "root-pw")
        assert browser.post(page_of(owner), form_of(owner, role="")).status_code == 302

    @pytest.mark.parametrize("password", ["", "!unusable"])
    def test_somebody_who_has_set_no_password_yet_does_not_count(
        self, browser: Browser, owner: User, member: User, password: str
    ) -> None:
        with schema_context("alpha"):
            member.groups.set([TenantRole.OWNER.value])
            User.objects.filter(pk=member.pk).update(password=password)
        response = browser.post(page_of(owner), form_of(owner, role=TenantRole.MEMBER.value))
        assert "This is the last owner who can sign in." in text_of(response)
        assert roles_of(owner) == [TenantRole.OWNER]
        # It is not they who keep the others in charge.
        form = form_of(member, role=TenantRole.MEMBER.value)
        assert browser.post(page_of(member), form).status_code == 302
        assert roles_of(member) == [TenantRole.MEMBER]

    def test_where_nobody_has_a_password_yet_one_stays(self, alpha: Client, owner: User) -> None:
        with schema_context("alpha"), transaction.atomic():
            User.objects.update(password="")
            assert is_last_admin(owner, TenantRole)
            other = User.objects.create_user("second@alpha.example", is_staff=True)
            other.groups.add(TenantRole.OWNER.value)
            assert not is_last_admin(owner, TenantRole)
            assert not is_last_admin(other, TenantRole)

    def test_is_not_removed_by_others_with_the_same_rights(
        self, tenant_browser: TenantBrowser, alpha: Client, owner: User, equal: User
    ) -> None:
        browser = tenant_browser(alpha, equal)
        page = text_of(browser.post(page_of(owner, "deactivate/"), follow=True))
        assert "is the last one who may do everything here" in page
        selected = {
            "action": "deactivate_selected",
            ACTION_CHECKBOX_NAME: [owner.pk],
            "sure": "yes",
        }
        page = text_of(browser.post(LIST, selected, follow=True))
        assert "is the last one who may do everything here" in page
        page = text_of(browser.post(page_of(owner, "delete/"), {"post": "yes"}, follow=True))
        assert "This is the last owner who can sign in, and cannot be deleted." in page
        browser.post(page_of(owner), form_of(owner, role=TenantRole.VIEWER.value))
        assert fresh(owner).is_active
        assert roles_of(owner) == [TenantRole.OWNER]

    def test_one_of_two_is(self, browser: Browser, owner: User, member: User) -> None:
        with schema_context("alpha"):
            member.groups.set([TenantRole.OWNER.value])
        browser.post(page_of(member, "deactivate/"))
        assert not fresh(member).is_active
        browser.post(page_of(member, "delete/"), {"post": "yes"})
        with schema_context("alpha"):
            assert list(User.objects.all()) == [owner]


class TestTwoAtTheSameMoment:
    @pytest.fixture
    def eve(self, alpha: Client, second: Any) -> Iterator[int]:
        """Another owner beside Ada, whom other connections see too."""
        (key,) = second.execute(
            "INSERT INTO alpha.accounts_user (email, name, password, is_superuser, is_staff,"
            " is_active, date_joined, preferences)"
            " VALUES ('eve@alpha.example', '', '', false, true, true, now(), '{}') RETURNING id"
        ).fetchone()
        second.execute(
            "INSERT INTO alpha.accounts_user_groups (user_id, group_id) VALUES (%s, %s)",
            [key, TenantRole.OWNER.value],
        )
        second.commit()
        yield key
        second.rollback()
        second.execute("DELETE FROM alpha.accounts_user_groups WHERE user_id = %s", [key])
        second.execute("DELETE FROM alpha.accounts_user WHERE id = %s", [key])
        second.execute(
            "INSERT INTO alpha.accounts_user_groups (user_id, group_id)"
            " SELECT id, %s FROM alpha.accounts_user ON CONFLICT DO NOTHING",
            [TenantRole.OWNER.value],
        )
        second.commit()

    def test_of_two_owners_who_demote_each_other_one_stays(
        self, alpha: Client, second: Any, eve: int
    ) -> None:
        """Eve demotes Ada. Ada, who demotes Eve, waits for her, and is then the one who was."""
        second.execute("SELECT FROM alpha.accounts_user ORDER BY id FOR UPDATE")
        second.execute("DELETE FROM alpha.accounts_user_groups WHERE user_id <> %s", [eve])
        waited: list[bool] = []

        def commit_once_somebody_waits() -> None:
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            for _try in range(200):
                if second.execute(waiting).fetchone()[0]:
                    waited.append(True)
                    break
                second.execute("SELECT pg_sleep(0.01)")
            second.commit()

        thread = Thread(target=commit_once_somebody_waits)
        with schema_context("alpha"), transaction.atomic():
            user = User.objects.get(pk=eve)
            assert set(admins(TenantRole).values_list("pk", flat=True)) != {eve}
            thread.start()
            is_last = is_last_admin(user, TenantRole)
            thread.join()
            transaction.set_rollback(True)  # Gives the locks back.
        assert waited
        assert is_last
