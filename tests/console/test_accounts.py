"""Users and groups: nobody gives more than they have, and nobody locks everybody out."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django_tenants.utils import schema_context

from console.accounts.models import User
from tenants.models import Client


def text_of(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def manager(db: None) -> User:
    """Staff who may manage users and see clients, and nothing else."""
    user = User.objects.create_user("mia@console.example", "manager-pw", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(
            codename__in=[
                "view_user",
                "add_user",
                "change_user",
                "view_group",
                "add_group",
                "change_group",
                "view_client",
            ]
        )
    )
    return user


def right(codename: str) -> Permission:
    return Permission.objects.get(codename=codename)


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    form = {"email": user.email, "name": user.name, "is_active": "on", "is_staff": "on"}
    if user.is_superuser:
        form["is_superuser"] = "on"
    return {name: value for name, value in {**form, **changes}.items() if value is not None}


def test_each_side_offers_its_own_rights_alone(
    staff_browser: Any, operator: User, tenant_browser: Any, alpha: Client, owner: User
) -> None:
    staff = text_of(staff_browser(operator).get("/auth/group/add/"))
    tenant = text_of(tenant_browser(alpha, owner).get("/auth/group/add/"))
    assert 'aria-label="Clients"' in staff
    assert 'aria-label="Tasks"' not in staff
    assert 'aria-label="Tasks"' in tenant
    assert 'aria-label="Clients"' not in tenant
    for page in (staff, tenant):
        assert "Can add" not in page
        assert 'aria-label="Sessions"' not in page


def test_somebody_without_a_right_cannot_give_it(
    staff_browser: Any, manager: User, outsider: User
) -> None:
    browser = staff_browser(manager)
    url = f"/accounts/user/{outsider.pk}/change/"
    give = [right("view_client").pk, right("provision_client").pk]
    response = browser.post(url, form_of(outsider, user_permissions=give))
    assert response.status_code == 200
    assert "You cannot give rights that you do not have yourself." in text_of(response)
    assert not outsider.user_permissions.exists()
    response = browser.post(url, form_of(outsider, user_permissions=give[:1], is_superuser="on"))
    assert response.status_code == 302
    outsider.refresh_from_db()
    assert not outsider.is_superuser
    assert [p.codename for p in outsider.user_permissions.all()] == ["view_client"]


def test_nor_through_a_group(staff_browser: Any, manager: User, operator: User) -> None:
    browser = staff_browser(manager)
    response = browser.post(
        "/auth/group/add/", {"name": "Mine", "permissions": [right("provision_client").pk]}
    )
    assert "You cannot give rights" in text_of(response)
    group = operator.groups.create(name="Provisioners")
    group.permissions.add(right("provision_client"))
    url = f"/accounts/user/{manager.pk}/change/"
    own = list(manager.user_permissions.values_list("pk", flat=True))
    response = browser.post(url, form_of(manager, user_permissions=own, groups=[group.pk]))
    assert "You cannot give rights" in text_of(response)
    assert not manager.groups.exists()


def test_rights_that_one_may_not_touch_stay(staff_browser: Any, manager: User) -> None:
    group = Group.objects.create(name="Mixed")
    group.permissions.add(right("provision_client"), right("view_client"))
    url = f"/auth/group/{group.pk}/change/"
    page = text_of(staff_browser(manager).get(url))
    assert "disabled" in page
    response = staff_browser(manager).post(url, {"name": "Mixed", "permissions": []})
    assert response.status_code == 302
    assert [p.codename for p in group.permissions.all()] == ["provision_client"]


@pytest.mark.parametrize("active", [True, False])
def test_nobody_takes_over_an_account_with_more_rights(
    active: bool, staff_browser: Any, manager: User, operator: User
) -> None:
    """Not by its password either; and an inactive one would get its rights back."""
    strong = User.objects.create_user("s@console.example", is_staff=True, is_active=active)
    strong.user_permissions.add(right("provision_client"))
    browser = staff_browser(manager)
    password = {"password1": "bright-new-copper", "password2": "bright-new-copper"}
    for other in (strong, operator):
        url = f"/accounts/user/{other.pk}"
        assert browser.post(f"{url}/password/", password).status_code == 403
        assert browser.post(f"{url}/change/", form_of(other, name="Mine")).status_code == 403
        other.refresh_from_db()
        assert not other.check_password("bright-new-copper")


def test_a_manager_may_help_somebody_with_less(
    staff_browser: Any, manager: User, outsider: User
) -> None:
    response = staff_browser(manager).post(
        f"/accounts/user/{outsider.pk}/password/",
        {"password1": "bright-new-copper", "password2": "bright-new-copper"},
    )
    assert response.status_code == 302
    outsider.refresh_from_db()
    assert outsider.check_password("bright-new-copper")


def test_a_user_is_added_without_a_password_and_without_rights(
    staff_browser: Any, operator: User
) -> None:
    response = staff_browser(operator).post(
        "/accounts/user/add/", {"email": "New.Person@Console.example", "name": "New Person"}
    )
    user = User.objects.get(email="new.person@console.example")
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/user/{user.pk}/sign-in-link/"
    assert not user.has_usable_password()
    assert not user.is_superuser
    assert not user.get_all_permissions()


def test_an_address_is_taken_whatever_its_capitals(staff_browser: Any, operator: User) -> None:
    response = staff_browser(operator).post(
        "/accounts/user/add/", {"email": operator.email.upper(), "name": "Other"}
    )
    assert "There is already a user with this e-mail address." in text_of(response)


def test_staff_are_not_deleted(staff_browser: Any, operator: User, outsider: User) -> None:
    browser = staff_browser(operator)
    url = f"/accounts/user/{outsider.pk}"
    assert browser.post(f"{url}/delete/", {"post": "yes"}).status_code == 403
    assert f"{url}/delete/" not in text_of(browser.get(f"{url}/change/"))


def test_a_tenants_user_is_deleted_but_not_oneself(
    tenant_browser: Any, alpha: Client, owner: User
) -> None:
    with schema_context("alpha"):
        other = User.objects.create_user("other@alpha.example")
    browser = tenant_browser(alpha, owner)
    response = browser.post(f"/accounts/user/{other.pk}/delete/", {"post": "yes"})
    assert response.status_code == 302
    response = browser.post(f"/accounts/user/{owner.pk}/delete/", {"post": "yes"}, follow=True)
    assert "You cannot delete yourself." in text_of(response)
    with schema_context("alpha"):
        assert list(User.objects.all()) == [owner]


@pytest.mark.parametrize("lost", ["is_active", "is_staff", "is_superuser"])
def test_the_last_superuser_of_the_staff_stays(
    lost: str, staff_browser: Any, operator: User
) -> None:
    browser = staff_browser(operator)
    url = f"/accounts/user/{operator.pk}/change/"
    response = browser.post(url, form_of(operator, **{lost: None}))
    assert response.status_code == 200
    assert "the last superuser who can sign in" in text_of(response)
    User.objects.create_superuser("second@console.example", "second-pw")
    assert browser.post(url, form_of(operator, **{lost: None})).status_code == 302


UNSAVED = "You were signed out meanwhile, so this was not saved."


def test_a_form_that_leads_to_the_sign_in_says_that_nothing_was_saved(
    staff_browser: Any,
) -> None:
    stranger = staff_browser()
    answer = stranger.post("/tenants/plan/add/", {"name": "Typed for an hour"})
    assert answer.status_code == 302
    assert UNSAVED in stranger.get(answer["Location"]).content.decode()
    # Still true where the password was wrong.
    assert UNSAVED in stranger.post(answer["Location"], {"username": "x"}).content.decode()


def test_a_page_that_leads_to_the_sign_in_says_no_such_thing(
    staff_browser: Any,
) -> None:
    stranger = staff_browser()
    answer = stranger.get("/tenants/plan/add/")
    assert UNSAVED not in stranger.get(answer["Location"]).content.decode()
