"""No GET and no HEAD changes anything, whatever stands in the address.

Every address of both admins, read from the URL configurations, is asked for by somebody who may do
everything there: as it is, with what buttons and actions send, and with the fields of each form on
its page. Not a row of any table of any schema is another one after that, no file is stored, no
mail is sent. Two things are written all the same, and have tests of their own: the order that a
list's reader chose (``test_changelist.py``), and that a company is in use
(``test_hosts_of_clients.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from django.conf import settings as django_settings
from django.core.mail import EmailMessage
from django.urls import get_resolver
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.links import sign_in_path
from console.accounts.models import User
from tenants.models import Client
from tests.conftest import Browser
from tests.page_forms import forms_in
from tests.site_map import SIDES, address, pages
from tests.snapshot import taken_back

SCHEMAS = ("public", "alpha", "beta")
HOSTS = {"public": django_settings.CONSOLE_DOMAIN, "alpha": "alpha.localhost"}
ROUTES = [
    pytest.param(side, route, name, id=f"{side}-{name or route}")
    for side, urlconf in SIDES.items()
    for route, name in pages(get_resolver(urlconf).url_patterns)
]
#: What no field of a form is, and is sent all the same: by buttons, and by a list for a selection.
BUTTONS = {
    **dict.fromkeys(("_save", "_continue", "_addanother", "_confirm", "confirm", "sure"), "1"),
    **dict.fromkeys(("post", "apply", "mail", "cancel", "select_across", "index"), "1"),
    "action": "delete_selected",
    "status": "done",
}
POPUP = {"_popup": "1", "_to_field": "id"}


@pytest.fixture(scope="module")
def browsers(rows: dict[str, Any]) -> dict[str, Browser]:
    """A superuser's, on each side, who was here a moment ago."""
    Client.objects.update(last_active_at=timezone.now())
    found = {}
    for side, host in HOSTS.items():
        with schema_context(side):
            user = User.objects.create_superuser(f"root@{side}.example", "root-pw")
        found[side] = Browser(host, side, user)
    return found


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_HOST = "mail.console.example"  # With a server there are more pages.
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def path_of(side: str, route: str, name: str, rows: dict[str, Any]) -> str:
    """An address of the route that leads to something."""
    with schema_context(side):
        if name == "welcome":
            user = User.objects.get(pk=rows[f"{side}/accounts/user"])
            return sign_in_path(user, schema=side, host=HOSTS[side], urlconf=SIDES[side])
        if name == "view_on_site":
            return f"/r/{rows[f'{side}/accounts/user']}/1/"
    if name == "logo":
        return "/branding/logo/x.png"
    if "(?P" in route:
        return "/auth/" if name == "app_list" else "/nowhere"
    return address(side, route, rows)


def asked_for(path: str, page: Any, key: Any) -> list[str]:
    """Addresses with what the page's forms, its actions and its buttons would send."""
    buttons = {**BUTTONS, "_selected_action": key}
    sent: dict[str, dict[str, Any]] = {path: buttons}
    if page.headers.get("Content-Type", "").startswith("text/html") and not page.streaming:
        for form in forms_in(page.content.decode()):
            target = urlsplit(urljoin(path, form.action)).path
            if form.method.lower() == "post" and target != "/logout/":
                sent[target] = {**sent.get(target, {}), **form.fields, **buttons}
    offered = (getattr(page, "context_data", None) or {}).get("action_form")
    actions = [action for action, _label in offered.fields["action"].choices] if offered else []
    asked = [*sent.items(), (path, POPUP)]
    asked += [(path, {**buttons, "action": action}) for action in filter(None, actions)]
    return [f"{target}?{urlencode(query, doseq=True)}" for target, query in asked]


def read(response: Any) -> Any:
    if response.streaming:
        b"".join(response)  # To its end, where it is closed.
    return response


@pytest.mark.parametrize(("side", "route", "name"), ROUTES)
def test_asking_for_a_page_changes_nothing(
    side: str,
    route: str,
    name: str,
    rows: dict[str, Any],
    browsers: dict[str, Browser],
    media: Path,
    imports_folder: Path,
    mailoutbox: list[EmailMessage],
) -> None:
    browser, path = browsers[side].another(), path_of(side, route, name, rows)
    key = rows.get("/".join([side, *route.split("/")[:2]]), 1)
    with taken_back(*SCHEMAS) as wrote:
        page = read(browser.get(path))
        assert page.status_code < 500
        addresses = asked_for(path, page, key)
        read(browser.head(addresses[0]))
        for asked in addresses:
            assert read(browser.get(asked)).status_code < 500, asked
    assert wrote == set()
    assert not media.exists()
    assert not imports_folder.exists()
    assert mailoutbox == []


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_link_signs_nobody_out(
    side: str, method: str, browsers: dict[str, Browser], rows: dict[str, Any]
) -> None:
    browser = browsers[side].another()
    assert getattr(browser, method)("/logout/").status_code == 405
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("side", SIDES)
def test_a_link_signs_nobody_in(
    side: str, rows: dict[str, Any], visitor: Callable[[str, User | None], Browser]
) -> None:
    """Neither with a password in the address, nor by a one-time link that is opened only."""
    with schema_context(side):
        user = User.objects.create_superuser("who@example.com", "who-pw")
    stranger = visitor(side, None)
    with taken_back(*SCHEMAS) as wrote:
        stranger.get("/login/", {"username": user.email, "password": "who-pw"})
        path = sign_in_path(user, schema=side, host=HOSTS[side], urlconf=SIDES[side])
        form = stranger.get(path, follow=True)
        password = "a-good-long-passphrase"
        stranger.get(
            form.redirect_chain[-1][0], {"new_password1": password, "new_password2": password}
        )
        assert stranger.get("/").status_code == 302
    assert wrote == set()


def test_every_address_of_both_sides_is_asked_for() -> None:
    assert len(ROUTES) > 200
    assert {"logout", "welcome", "logo", "app_list"} <= {param.values[2] for param in ROUTES}
