"""Which pages a host gets, and that no host ever gets another's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as HttpClient
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.middleware import RETRY_AFTER_SECONDS
from console.postgres.contexts import owner_rights
from tenants.models import Client, Domain
from tests.conftest import Browser
from tests.database import make_client


def get(host: str, path: str = "/", **extra: Any) -> Any:
    try:
        return HttpClient().get(path, headers={"host": host}, **extra)
    finally:
        connection.set_schema_to_public()


class TestKnownHosts:
    def test_the_console_answers_on_its_own(self, db: None) -> None:
        response = get("localhost", "/login/")
        assert response.status_code == 200
        assert response.wsgi_request.tenant.schema_name == "public"

    @pytest.mark.parametrize(
        "host", ["alpha.localhost", "ALPHA.localhost", "www.alpha.localhost", "alpha.localhost."]
    )
    def test_a_tenant_answers_on_its_own(self, alpha: Client, host: str) -> None:
        response = get(host, "/login/")
        assert response.status_code == 200
        assert response.wsgi_request.tenant == alpha

    def test_a_port_changes_nothing(self, alpha: Client) -> None:
        assert get("alpha.localhost:8000", "/login/").wsgi_request.tenant == alpha

    def test_a_page_of_the_staff_is_not_on_a_tenants_host(
        self, alpha: Client, owner: User, tenant_browser: Callable[..., Browser]
    ) -> None:
        browser = tenant_browser(alpha, owner)
        assert browser.get("/tenant_data/task/").status_code == 200
        assert browser.get("/tenants/client/").status_code == 404

    def test_a_page_of_tenants_is_not_on_the_staffs_host(
        self, operator: User, staff_browser: Callable[..., Browser]
    ) -> None:
        browser = staff_browser(operator)
        assert browser.get("/tenants/client/").status_code == 200
        assert browser.get("/tenant_data/task/").status_code == 404


class TestUnknownHosts:
    @pytest.mark.parametrize(
        "host",
        [
            "nobody.localhost",
            "alpha.localhost.evil.example",
            "evil.example",
            "localhost.evil.example",
            "alpha",
            "_bad_host_",
            "alpha.localhost:port",
            "",
        ],
    )
    def test_get_a_plain_page_that_names_no_client(self, alpha: Client, host: str) -> None:
        response = get(host, "/login/")
        assert response.status_code == 404
        page = response.content.decode()
        assert "alpha" not in page.lower()
        assert "password" not in page.lower()
        assert "<html" in page

    def test_even_when_a_proxy_header_names_a_client(self, alpha: Client) -> None:
        response = get("evil.example", "/login/", HTTP_X_FORWARDED_HOST="alpha.localhost")
        assert response.status_code == 404


class TestLoopbackAddresses:
    @pytest.mark.parametrize(
        ("host", "target"),
        [
            ("127.0.0.1", "http://localhost/a/b?c=d&e=%20f"),
            ("127.0.0.1:8000", "http://localhost:8000/a/b?c=d&e=%20f"),
            ("[::1]", "http://localhost/a/b?c=d&e=%20f"),
            ("[::1]:8123", "http://localhost:8123/a/b?c=d&e=%20f"),
        ],
    )
    def test_lead_to_localhost(self, db: None, host: str, target: str) -> None:
        response = get(host, "/a/b?c=d&e=%20f")
        assert response.status_code == 307
        assert response.headers["Location"] == target

    def test_not_in_production(self, db: None, settings: Any) -> None:
        settings.REDIRECT_LOOPBACK = False
        assert get("127.0.0.1").status_code == 404

    def test_other_addresses_are_unknown_hosts(self, db: None) -> None:
        assert get("192.0.2.1").status_code == 404


class TestTenantsThatAreNotReady:
    def assert_not_ready(self, response: Any) -> None:
        assert response.status_code == 503
        assert response.headers["Retry-After"] == str(RETRY_AFTER_SECONDS)
        page = response.content.decode()
        assert "gamma" not in page.lower()
        assert "<form" not in page

    @pytest.mark.parametrize("path", ["/", "/login/", "/tenants/client/", "/nowhere/"])
    def test_a_client_without_a_schema(self, db: None, path: str) -> None:
        make_client("gamma", ready=False)
        self.assert_not_ready(get("gamma.localhost", path))

    def test_nobody_signs_in_there(self, operator: User) -> None:
        """With django-tenants alone, the search path falls to `public` and its users get in."""
        make_client("gamma", ready=False)
        browser = HttpClient(headers={"host": "gamma.localhost"})
        response = browser.post("/login/", {"username": operator.email, "password": "operator-pw"})
        self.assert_not_ready(response)
        assert "sessionid" not in response.cookies

    def test_a_schema_that_somebody_dropped(self, alpha: Client) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA alpha CASCADE")
        assert get("alpha.localhost", "/login/").status_code == 503

    def test_a_role_that_somebody_dropped(self, alpha: Client) -> None:
        with owner_rights(), connection.cursor() as cursor:
            name = connection.settings_dict["NAME"]
            cursor.execute(f'ALTER ROLE "{name}:alpha:rw" RENAME TO "{name}:omega:rw"')
        assert get("alpha.localhost", "/login/").status_code == 503

    def test_the_other_tenants_go_on(self, beta: Client) -> None:
        make_client("gamma", ready=False)
        get("gamma.localhost")
        assert get("beta.localhost", "/login/").status_code == 200


class TestSessions:
    def test_staff_do_not_sign_in_at_a_tenant(
        self, alpha: Client, operator: User, tenant_browser: Callable[..., Browser]
    ) -> None:
        response = tenant_browser(alpha).post(
            "/login/", {"username": operator.email, "password": "operator-pw"}
        )
        assert response.status_code == 200
        assert "sessionid" not in response.cookies

    def test_a_tenants_users_do_not_sign_in_at_the_console(
        self, owner: User, staff_browser: Callable[..., Browser]
    ) -> None:
        response = staff_browser().post(
            "/login/", {"username": owner.email, "password": "owner-pw"}
        )
        assert response.status_code == 200
        assert "sessionid" not in response.cookies

    def test_an_owner_signs_in_with_any_capitals(
        self, alpha: Client, owner: User, tenant_browser: Callable[..., Browser]
    ) -> None:
        response = tenant_browser(alpha).post(
            "/login/", {"username": owner.email.title(), "password": "owner-pw"}
        )
        assert response.status_code == 302


def test_the_domain_costs_one_query(
    alpha: Client, django_assert_num_queries: Callable[..., Any]
) -> None:
    with django_assert_num_queries(1):
        get("nobody.localhost")


def test_a_new_domain_is_live_at_once(alpha: Client) -> None:
    assert get("work.example.com", "/login/").status_code == 404
    Domain.objects.create(tenant=alpha, domain="Work.Example.com", is_primary=False)
    assert get("work.example.com", "/login/").status_code == 200


def test_the_schema_of_a_request_does_not_leak_into_the_next(alpha: Client) -> None:
    HttpClient().get("/login/", headers={"host": "alpha.localhost"})
    assert HttpClient().get("/login/", headers={"host": "localhost"}).status_code == 200
    with schema_context("public"):
        assert Client.objects.filter(schema_name="alpha").exists()
