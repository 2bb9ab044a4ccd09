"""What a role for each schema costs a page, and what having tenants costs at all.

The same page of the same rows, in turns: by this console's backend; by django-tenants' own, which
sets the search path alone; and by a plain Django of one company, with the same models, admin and
middleware but those that look for a tenant, on Django's own backend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper as PlainWrapper
from django.http import HttpRequest, HttpResponse
from django.test import Client as Browser
from django.test.utils import override_settings
from django.urls import set_urlconf
from django_tenants.postgresql_backend.base import DatabaseWrapper as StockWrapper
from django_tenants.utils import schema_context

from benchmarks.isolation_requests import Visitor, visitors
from benchmarks.report import Figure, take_turns
from benchmarks.tenants import make_tenants
from console.accounts.models import User
from console.doctor.web import new_web_connection
from tenants.models import Client

ROUNDS, TIMES = 81, 1
_STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
#: Each page, on which host; the staff's is theirs.
PAGES = {"tenant's list": "/tenant_data/task/", "tenant's form": "/tenant_data/project/1/change/"}
PUBLIC_PAGE = "/tenants/client/"


class SearchPathWrapper(StockWrapper):
    """django-tenants' own, as it comes."""

    def enter_scope(self) -> None:
        """Its cursors see to it."""


class OneCompanyWrapper(PlainWrapper):
    """Django's own backend, in one schema as its only one.

    The admin asks a connection for its tenant here and there; this one has always the same.
    """

    schema_name = "bench_0"
    tenant: Any = None

    def set_schema_to_public(self) -> None:
        """There is none."""

    def set_tenant(self, tenant: Any) -> None:
        """It is there."""


class OneCompanyMiddleware:
    """In place of what finds the tenant of a host: there is one, and it is known."""

    client: Client

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.tenant = self.client
        return self.get_response(request)


def measure(*, say: Callable[[str], None], schemas: int = 4) -> list[Figure]:
    """Milliseconds of whole requests, in-process."""
    clients = make_tenants(schemas, say)
    people = visitors(clients, rows=50)
    staff = User.objects.create_superuser("staff@example.com", "a-password", name="Staff")
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": _STATIC}}
    with override_settings(STORAGES=storages, ALLOWED_HOSTS=["*"]):
        return [*_of_roles(people, staff, say), *_of_tenants(clients[0], people[0], say)]


def _of_roles(people: list[Visitor], staff: User, say: Callable[[str], None]) -> list[Figure]:
    """With a role for each schema, against the search path alone."""
    owner = connections["default"]
    ours, stock = new_web_connection(), SearchPathWrapper({**owner.settings_dict}, "default")
    figures = []
    try:
        for name, path in {**PAGES, "staff's list": PUBLIC_PAGE}.items():
            say(f"Measuring: {name}")
            browser = _staffs(staff) if path == PUBLIC_PAGE else _visitors(people[0])
            seconds = take_turns(
                {
                    "with": _page(browser, path, ours),
                    "without": _page(browser, path, stock),
                },
                rounds=ROUNDS,
                times=TIMES,
            )
            figures.append(
                _figure(f"{name}, with roles", seconds, "with", "without", "without roles", 1.03)
            )
    finally:
        ours.close()
        stock.close()
        connections["default"] = owner
    return figures


def _of_tenants(client: Client, visitor: Visitor, say: Callable[[str], None]) -> list[Figure]:
    """With tenants, against a Django of one company."""
    owner = connections["default"]
    ours = new_web_connection()
    plain = OneCompanyWrapper(
        {
            **owner.settings_dict,
            "ENGINE": "django.db.backends.postgresql",
            "OPTIONS": {"options": f"-c search_path={client.schema_name}"},
        },
        "default",
    )
    OneCompanyWrapper.tenant = OneCompanyMiddleware.client = Client.objects.select_related(
        "plan"
    ).get(pk=client.pk)
    figures = []
    with _one_company() as one_company:
        try:
            for name, path in PAGES.items():
                say(f"Measuring: {name}, against one company")
                seconds = take_turns(
                    {
                        "tenants": _page(_visitors(visitor), path, ours),
                        "one": _page(one_company(visitor), path, plain),
                    },
                    rounds=ROUNDS,
                    times=TIMES,
                )
                figures.append(
                    _figure(f"{name}, of many", seconds, "tenants", "one", "of one company", 1.10)
                )
        finally:
            ours.close()
            plain.close()
            connections["default"] = owner
    return figures


@contextmanager
def _one_company() -> Iterator[Callable[[Visitor], Browser]]:
    """Browsers of a Django with the same pages and no tenants.

    A browser keeps the middleware that was set when it asked for its first page.
    """
    stand_ins = {
        "console.middleware.TenantMiddleware": "benchmarks.request.OneCompanyMiddleware",
        # Notes for the staff that a company is in use.
        "console.middleware.ActivityMiddleware": None,
    }
    middleware = [stand_ins.get(name, name) for name in settings.MIDDLEWARE]
    names = [name for name in middleware if name]

    def browser(visitor: Visitor) -> Browser:
        made = _visitors(visitor)
        with override_settings(MIDDLEWARE=names):
            made.handler.load_middleware()
        return made

    yield browser


def _visitors(visitor: Visitor) -> Browser:
    browser = Browser(headers={"host": visitor.host})
    for cookie in visitor.cookies.split("; "):
        name, _is, value = cookie.partition("=")
        browser.cookies[name] = value
    return browser


def _staffs(user: User) -> Browser:
    browser = Browser(headers={"host": settings.CONSOLE_DOMAIN})
    with schema_context("public"):
        browser.force_login(user)
    return browser


def _page(browser: Browser, path: str, wrapper: Any) -> Callable[[], None]:
    def ask() -> None:
        connections["default"] = wrapper
        # As at the start of each request in a process of its own.
        set_urlconf(None)
        response = browser.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.status_code}")

    return ask


def _figure(
    name: str, seconds: dict[str, float], value: str, against: str, label: str, most: float
) -> Figure:
    ours, other = seconds[value] * 1000, seconds[against] * 1000
    return Figure(name, ours, "ms", label, other, f"at most {most:.2f}x", ours <= most * other)
