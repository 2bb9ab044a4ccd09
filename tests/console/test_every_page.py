"""Every page of both admins, by strangers and by those without a right: nobody gets in.

The pages are read from the URL configurations, so a page that is added is tested by itself. What
each role of the staff may do is in ``tests/tenants/test_staff_roles.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.urls import URLPattern, URLResolver, get_resolver
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.record import record_event
from tenant_data.models import Project, Task
from tenants.models import Client, OperationKind, Rollout
from tests.conftest import Browser
from tests.snapshot import changed, snapshot

SIDES = {"public": settings.PUBLIC_SCHEMA_URLCONF, "alpha": settings.ROOT_URLCONF}

#: Pages for people who have not signed in.
OPEN = {"login", "logout", "jsi18n", "favicon", "welcome"}
#: Pages for everybody who has.
SIGNED_IN = {"index", "password_change", "password_change_done", "search", "autocomplete"}


def pages(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Route and name of every pattern, as in ``("tenants/client/add/", "tenants_client_add")``."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from pages(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.name or ""


PAGES = [
    pytest.param(side, route, name, id=f"{side}-{name or route}")
    for side, urlconf in SIDES.items()
    for route, name in pages(get_resolver(urlconf).url_patterns)
    # Django's own catch-all and shortcuts lead to the pages that are here themselves.
    if "(?P" not in route and not route.startswith("r/") and name not in OPEN
    if name != "view_on_site" and route.split("/", 2)[-1] != "<path:object_id>/"
]


@pytest.fixture
def rows(alpha: Client, operator: User) -> dict[str, Any]:
    """One row of each model on each side, by ``side/app/model``."""
    found = {
        "public/tenants/rollout": Rollout.objects.create(kind=OperationKind.MIGRATE_SCHEMA).pk,
        "public/tenants/operation": alpha.operations.get().pk,
        "public/tenants/client": alpha.pk,
        "public/tenants/domain": alpha.domains.get().pk,
        "public/tenants/plan": alpha.plan_id,
        "public/history/logentry": record_event(alpha, "looked_at").pk,
    }
    with schema_context("alpha"):
        project = Project.objects.create(key="WEB", name="Website")
        found["alpha/tenant_data/project"] = project.pk
        found["alpha/tenant_data/task"] = Task.objects.create(project=project, title="t").pk
    for side in SIDES:
        with schema_context(side):
            found[f"{side}/accounts/user"] = member("somebody").pk
            found[f"{side}/auth/group"] = Group.objects.create(name="Some").pk
    return found


def address(side: str, route: str, rows: dict[str, Any]) -> str:
    """The route with a row that exists in the place of its parameter."""
    if "<" in route:
        key = rows["/".join([side, *route.split("/")[:2]])]
        route = re.sub(r"<path:object_id>|<int:pk>|<id>", str(key), route)
        route = route.replace("<str:kind>", OperationKind.MIGRATE_SCHEMA).replace("<str:key>", "x")
    assert "<" not in route, "a parameter that is not filled in reaches no page"
    return f"/{route}"


def member(name: str) -> User:
    """Somebody without any right, on the side of the connection."""
    return User.objects.create_user(f"{name}@example.com", "pw", is_staff=True)


def visit(browser: Browser, method: str, path: str) -> Any:
    return getattr(browser, method)(path)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("side", "route", "name"), PAGES)
class TestWhoMayNot:
    def test_a_stranger_is_asked_to_sign_in(
        self,
        side: str,
        route: str,
        name: str,
        method: str,
        rows: dict[str, Any],
        visitor: Callable[[str, User | None], Browser],
    ) -> None:
        response = visit(visitor(side, None), method, address(side, route, rows))
        refused = response.status_code in (302, 403, 404)
        assert refused, response.status_code
        if response.status_code == 302:
            assert "/login/" in response.headers["Location"]

    def test_somebody_without_rights_is_refused(
        self,
        side: str,
        route: str,
        name: str,
        method: str,
        rows: dict[str, Any],
        visitor: Callable[[str, User | None], Browser],
    ) -> None:
        with schema_context(side):
            nobody = member("nobody")
        browser = visitor(side, nobody)  # signing in writes when that was
        before = snapshot(side)
        response = visit(browser, method, address(side, route, rows))
        if name in SIGNED_IN:
            assert response.status_code in (200, 302, 403, 405)
        else:
            assert response.status_code in (403, 404, 405), response.status_code
        assert changed(before, snapshot(side)) == set()


@pytest.fixture
def visitor(db: None) -> Callable[[str, User | None], Browser]:
    hosts = {"public": settings.CONSOLE_DOMAIN, "alpha": "alpha.localhost"}
    return lambda side, user: Browser(hosts[side], side, user)


def test_there_are_pages() -> None:
    assert len(PAGES) > 60
