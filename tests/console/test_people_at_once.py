"""Two who change the same person or group at the same moment: neither undoes the other's work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django_tenants.utils import schema_context
from psycopg.errors import LockNotAvailable

from console.accounts.models import User
from console.accounts.roles import TenantRole
from tenants.models import Client
from tests.console.people import fresh, page_of, person, roles_of, text_of
from tests.page_forms import main_form

_PERSON = (
    "INSERT INTO alpha.accounts_user (email, name, password, is_staff, is_active, is_superuser,"
    " date_joined, preferences)"
    " VALUES ('bob@alpha.example', 'Bob', 'pw', true, true, false, now(), '{}') RETURNING id"
)


@pytest.fixture
def browser(tenant_browser: Any, alpha: Client, owner: User) -> Any:
    """The owner's."""
    return tenant_browser(alpha, owner)


@pytest.fixture
def bob(alpha: Client, second: Any) -> Iterator[User]:
    """Somebody whom other connections see too."""
    (key,) = second.execute(_PERSON).fetchone()
    second.commit()
    with transaction.atomic():
        with schema_context("alpha"):
            bob = User.objects.get(pk=key)
        yield bob
        transaction.set_rollback(True)
    second.rollback()
    second.execute("DELETE FROM alpha.accounts_user WHERE id = %s", [key])
    second.commit()


class TestSomebodysForm:
    def test_waits_and_does_not_take_back_what_was_written_meanwhile(
        self, browser: Any, second: Any, bob: User, meanwhile: Callable[..., Any]
    ) -> None:
        form = main_form(browser.get(page_of(bob)).content.decode())
        second.execute(
            "UPDATE alpha.accounts_user SET is_active = false, password = 'new' WHERE id = %s",
            [bob.pk],
        )
        answer = meanwhile(lambda: browser.post(page_of(bob), {**form.fields, "name": "Bobby"}))
        assert answer.status_code == 302
        bob = fresh(bob)
        assert (bob.name, bob.is_active, bob.password) == ("Bobby", False, "new")

    def test_of_a_password_does_not_either(
        self, browser: Any, second: Any, bob: User, meanwhile: Callable[..., Any]
    ) -> None:
        second.execute("UPDATE alpha.accounts_user SET name = 'Bobby' WHERE id = %s", [bob.pk])
        word = "correct-horse-battery-9"
        sent = {"password1": word, "password2": word, "usable_password": "true"}
        meanwhile(lambda: browser.post(f"/accounts/user/{bob.pk}/password/", sent))
        bob = fresh(bob)
        assert (bob.name, bob.check_password(word)) == ("Bobby", True)

    def test_locks_no_row_while_it_waits_for_somebody_who_may_lock_several(
        self, browser: Any, second: Any, bob: User, meanwhile: Callable[..., Any]
    ) -> None:
        """Else each could have what the other waits for."""
        second.execute("SELECT pg_advisory_xact_lock(hashtextextended('people alpha', 0))")
        free: list[bool] = []
        commit = second.commit

        def look_then_commit() -> None:
            try:
                row = "SELECT FROM alpha.accounts_user WHERE id = %s FOR UPDATE NOWAIT"
                second.execute(row, [bob.pk])
                free.append(True)
            except LockNotAvailable:
                free.append(False)
            commit()

        second.commit = look_then_commit
        meanwhile(lambda: browser.post(page_of(bob), {"email": bob.email, "name": "Bobby"}))
        second.commit = commit
        assert free == [True]
        assert fresh(bob).name == "Bobby"


class TestTwoOpenForms:
    @pytest.fixture
    def member(self, alpha: Client) -> User:
        return person("mia@alpha.example", TenantRole.MEMBER)

    def test_of_a_name_and_a_role_are_both_saved(self, browser: Any, member: User) -> None:
        mine = main_form(browser.get(page_of(member)).content.decode())
        role = TenantRole.MANAGER.value
        browser.post(page_of(member), {**mine.fields, "role": role})
        assert browser.post(page_of(member), {**mine.fields, "name": "Mia"}).status_code == 302
        assert (fresh(member).name, roles_of(member)) == ("Mia", [role])

    def test_of_two_roles_the_second_is_told_and_may_insist(
        self, browser: Any, member: User
    ) -> None:
        mine = main_form(browser.get(page_of(member)).content.decode())
        browser.post(page_of(member), {**mine.fields, "role": TenantRole.MANAGER.value})
        sent = {**mine.fields, "role": TenantRole.VIEWER.value}
        page = text_of(browser.post(page_of(member), sent))
        assert "Somebody else changed this since you opened the page. It is “Manager” now" in page
        assert roles_of(member) == [TenantRole.MANAGER]
        assert browser.post(page_of(member), main_form(page).fields).status_code == 302
        assert roles_of(member) == [TenantRole.VIEWER]

    def test_of_rights_and_a_groups_name_are_both_saved(self, browser: Any, owner: User) -> None:
        with schema_context("alpha"):
            group = Group.objects.create(name="Helpers")
            see, add = (
                Permission.objects.get(codename=f"{verb}_task").pk for verb in ("view", "add")
            )
            group.permissions.set([see])
        page = f"/auth/group/{group.pk}/change/"
        mine = main_form(browser.get(page).content.decode())
        browser.post(page, {**mine.fields, "permissions": [see, add]})
        assert browser.post(page, {**mine.fields, "name": "Friends"}).status_code == 302
        with schema_context("alpha"):
            group.refresh_from_db()
            assert group.name == "Friends"
            assert set(group.permissions.values_list("pk", flat=True)) == {see, add}
        told = text_of(browser.post(page, {**mine.fields, "permissions": []}))
        assert "“Tasks: Add, Tasks: See” now" in told

    def test_rights_that_the_page_could_not_touch_stay_as_others_made_them(
        self, tenant_browser: Any, alpha: Client, member: User
    ) -> None:
        """A manager sees a right that only owners give; an owner takes it away meanwhile."""
        manager = person("max@alpha.example", TenantRole.MANAGER)
        with schema_context("alpha"):
            other = Permission.objects.get(codename="delete_group")
            held = Permission.objects.get(codename="view_task")
            member.user_permissions.set([held])
        browser = tenant_browser(alpha, manager)
        mine = main_form(browser.get(page_of(member)).content.decode())
        with schema_context("alpha"):
            member.user_permissions.add(other)
            # Whoever has more than the manager is not the manager's to change.
            Group.objects.get(pk=TenantRole.MANAGER).permissions.add(other)
        assert browser.post(page_of(member), {**mine.fields, "name": "Mia"}).status_code == 302
        with schema_context("alpha"):
            assert set(member.user_permissions.all()) == {other, held}
