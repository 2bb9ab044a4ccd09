"""The first admin's way in: a link that is good once, for one person, on one host."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django_tenants.utils import schema_context

from console.accounts.links import SignInTokens
from console.accounts.models import User
from tenants.exceptions import (
    NoDomain,
    NoSuchAdmin,
    NotAllowed,
    NotProvisioned,
    PublicIsUntouchable,
)
from tenants.models import Client
from tenants.operations.invite import sign_in_link
from tests.conftest import Browser
from tests.database import make_client

PASSWORD = "a-good-long-passphrase"
ORIGIN = "http://localhost:8000"


def link(client: Client) -> str:
    return sign_in_link(client, origin=ORIGIN, acting_user=None)


def follow(browser: Browser, url: str) -> Any:
    return browser.get(urlsplit(url).path, follow=True)


def set_password(browser: Browser, url: str) -> Any:
    page = follow(browser, url)
    path = page.redirect_chain[-1][0]
    return browser.post(path, {"new_password1": PASSWORD, "new_password2": PASSWORD})


def test_leads_to_the_tenants_own_address(alpha: Client) -> None:
    assert link(alpha).startswith("http://alpha.localhost:8000/welcome/")


def test_sets_a_password_and_signs_in(
    alpha: Client, tenant_browser: Callable[..., Browser]
) -> None:
    browser = tenant_browser(alpha)
    response = set_password(browser, link(alpha))
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert browser.get("/").status_code == 200
    with schema_context("alpha"):
        assert User.objects.get().check_password(PASSWORD)


def test_opening_it_uses_nothing_up(alpha: Client, tenant_browser: Callable[..., Browser]) -> None:
    url = link(alpha)
    for _scanner in range(3):
        follow(tenant_browser(alpha), url)
    assert set_password(tenant_browser(alpha), url).status_code == 302


def test_is_good_once(alpha: Client, tenant_browser: Callable[..., Browser]) -> None:
    url = link(alpha)
    set_password(tenant_browser(alpha), url)
    response = follow(tenant_browser(alpha), url)
    assert response.status_code == 200
    assert "new_password1" not in response.content.decode()


def test_a_weak_password_keeps_it_good(
    alpha: Client, tenant_browser: Callable[..., Browser]
) -> None:
    browser = tenant_browser(alpha)
    url = link(alpha)
    path = follow(browser, url).redirect_chain[-1][0]
    response = browser.post(path, {"new_password1": "12345", "new_password2": "12345"})
    assert response.status_code == 200
    assert "too short" in response.content.decode()
    assert set_password(browser, url).status_code == 302


def test_is_bound_to_the_schema_and_to_the_host(alpha: Client) -> None:
    with schema_context("alpha"):
        user = User.objects.get()
    token = SignInTokens(schema="alpha", host="alpha.localhost").make_token(user)
    assert SignInTokens(schema="alpha", host="alpha.localhost").check_token(user, token)
    assert not SignInTokens(schema="beta", host="alpha.localhost").check_token(user, token)
    assert not SignInTokens(schema="alpha", host="beta.localhost").check_token(user, token)


def test_grows_old(
    alpha: Client, tenant_browser: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = link(alpha)
    now = SignInTokens._now
    late = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT + 1)
    monkeypatch.setattr(SignInTokens, "_now", lambda self: now(self) + late)
    assert "new_password1" not in follow(tenant_browser(alpha), url).content.decode()


def test_needs_the_permission(alpha: Client, operator: User, viewer: User) -> None:
    assert sign_in_link(alpha, origin=ORIGIN, acting_user=operator)
    with pytest.raises(NotAllowed):
        sign_in_link(alpha, origin=ORIGIN, acting_user=viewer)


def test_there_is_none_without_a_schema(db: None) -> None:
    with pytest.raises(NotProvisioned):
        link(make_client("gamma", ready=False))


def test_there_is_none_without_a_domain(alpha: Client) -> None:
    alpha.domains.all().delete()
    with pytest.raises(NoDomain):
        link(alpha)


def test_there_is_none_for_someone_who_left(alpha: Client) -> None:
    with schema_context("alpha"):
        User.objects.update(is_active=False)
    with pytest.raises(NoSuchAdmin, match=r"ada@alpha\.example"):
        link(alpha)


def test_there_is_none_for_the_console(db: None) -> None:
    with pytest.raises(PublicIsUntouchable):
        link(Client.objects.get(schema_name="public"))
