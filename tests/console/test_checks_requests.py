"""System checks of the way of a request: middleware, addresses, hosts, cookies."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from console.middleware import TenantMiddleware
from tests.console.checking import numbers, said

OURS = "console.middleware.TenantMiddleware"


class TestMiddleware:
    def test_the_tenants_has_to_be_there(self, settings: Any) -> None:
        settings.MIDDLEWARE = [path for path in settings.MIDDLEWARE if path != OURS]
        assert numbers() == {"console.E101"}

    def test_the_one_of_django_tenants_is_not_it(self, settings: Any) -> None:
        theirs = "django_tenants.middleware.main.TenantMainMiddleware"
        settings.MIDDLEWARE = [theirs if path == OURS else path for path in settings.MIDDLEWARE]
        assert numbers() == {"console.E101", "console.E103"}
        assert theirs in said("console.E103")

    def test_one_made_from_it_is_as_good(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        module = ModuleType("own_middleware")
        module.Own = type("Own", (TenantMiddleware,), {})  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "own_middleware", module)
        own = "own_middleware.Own"
        settings.MIDDLEWARE = [own if path == OURS else path for path in settings.MIDDLEWARE]
        assert numbers() == set()

    @pytest.mark.parametrize(
        "path",
        [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.middleware.cache.UpdateCacheMiddleware",
            "django.middleware.locale.LocaleMiddleware",
            "console.middleware.ActivityMiddleware",
        ],
    )
    def test_nothing_that_reads_stands_before_it(self, settings: Any, path: str) -> None:
        rest = [other for other in settings.MIDDLEWARE if other != path]
        settings.MIDDLEWARE = [path, *rest]
        assert numbers() == {"console.E102"}
        assert path in said("console.E102")

    def test_what_nobody_knows_had_better_stand_behind_it(self, settings: Any) -> None:
        settings.MIDDLEWARE = ["somebody.else.Middleware", *settings.MIDDLEWARE]
        assert numbers() == {"console.W104"}
        settings.MIDDLEWARE = [*settings.MIDDLEWARE[1:], "somebody.else.Middleware"]
        assert numbers() == set()


class TestAddresses:
    def test_of_one_side_are_not_those_of_the_other(self, settings: Any) -> None:
        settings.PUBLIC_SCHEMA_URLCONF = settings.ROOT_URLCONF
        assert numbers() == {"console.E105"}
        assert "PUBLIC_SCHEMA_URLCONF (console.urls_tenant)" in said("console.E105")

    def test_are_not_exchanged(self, settings: Any) -> None:
        settings.PUBLIC_SCHEMA_URLCONF = "console.urls_tenant"
        settings.ROOT_URLCONF = "console.urls_public"
        assert said("console.E105").count("leads to another admin") == 2

    def test_lead_to_an_admin(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        module = ModuleType("no_addresses")
        module.urlpatterns = []  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "no_addresses", module)
        settings.PUBLIC_SCHEMA_URLCONF = "no_addresses"
        assert "does not lead to public_site" in said("console.E105")


class TestCookies:
    @pytest.mark.parametrize("setting", ["SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN"])
    def test_belong_to_one_host(self, settings: Any, setting: str) -> None:
        setattr(settings, setting, ".console.example")
        assert numbers() == {"console.E106"}
        assert f"{setting} is “.console.example”" in said("console.E106")

    def test_no_company_is_trusted_by_the_others(self, settings: Any) -> None:
        settings.CSRF_TRUSTED_ORIGINS = ["https://*.console.example"]
        assert numbers() == {"console.W107"}
        settings.CSRF_TRUSTED_ORIGINS = ["https://one.console.example"]
        assert numbers() == set()


class TestConsoleDomain:
    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "[::1]",
            "localhost:8000",
            "https://console.example",
            "Console.example",
            "www.console.example",
            "console.example.",
            "*.console.example",
            "console",
            "",
        ],
    )
    def test_is_a_bare_host_name(self, settings: Any, host: str) -> None:
        settings.CONSOLE_DOMAIN = host
        assert numbers() == {"console.E111"}
        assert "not 127.0.0.1" in said("console.E111")

    @pytest.mark.parametrize("host", ["localhost", "console.example", "console.localhost"])
    def test_may_be_any(self, settings: Any, host: str) -> None:
        settings.CONSOLE_DOMAIN = host
        assert numbers() == set()


class TestAllowedHosts:
    @pytest.fixture(autouse=True)
    def _at_console_example(self, settings: Any) -> None:
        settings.CONSOLE_DOMAIN = "console.example"

    @pytest.mark.parametrize("hosts", [["another.example"], []])
    def test_have_the_consoles(self, settings: Any, hosts: list[str]) -> None:
        settings.ALLOWED_HOSTS = hosts
        assert numbers() == {"console.E112"}

    def test_have_the_clients_below_it(self, settings: Any) -> None:
        settings.ALLOWED_HOSTS = ["console.example"]
        assert numbers() == {"console.W113"}

    @pytest.mark.parametrize("hosts", [["*"], [".console.example"]])
    def test_may_be_fewer_than_all(self, settings: Any, hosts: list[str]) -> None:
        settings.ALLOWED_HOSTS = hosts
        assert numbers() == set()

    def test_are_djangos_own_where_there_are_none_in_development(self, settings: Any) -> None:
        settings.CONSOLE_DOMAIN, settings.ALLOWED_HOSTS, settings.DEBUG = "localhost", [], True
        assert numbers() == set()


class TestDebug:
    def test_is_for_this_machine_alone(self, settings: Any) -> None:
        settings.DEBUG = True
        assert numbers() == set()
        settings.CONSOLE_DOMAIN = "console.example"
        assert numbers() == {"console.W114"}
