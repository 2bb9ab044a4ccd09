"""What a load balancer is told: two words, on any host, whatever else is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client as HttpClient

from console.postgres.contexts import owner_rights
from tenants.models import Client
from tests.conftest import Browser

PATHS = ("/healthz", "/readyz")
#: An address, a name that nobody has, a company's, one that is none.
HOSTS = ("10.1.2.3:8000", "nobody.example", "alpha.localhost", "_not a host_", "")


def ask(path: str, method: str = "get", host: str = "10.1.2.3:8000", **extra: Any) -> Any:
    return getattr(HttpClient(), method)(path, HTTP_HOST=host, **extra)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", HOSTS)
def test_any_host_gets_the_same_and_nothing_else(path: str, host: str, alpha: Client) -> None:
    response = ask(path, host=host)
    assert (response.status_code, response.content) == (200, b"ok")
    assert dict(response.headers) == {
        "Content-Type": "text/plain",
        "Content-Length": "2",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    assert not response.cookies


@pytest.mark.parametrize("path", PATHS)
def test_head_has_no_body_and_anything_but_asking_is_refused(path: str, db: None) -> None:
    response = ask(path, "head")
    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Length"] == "2"
    response = ask(path, "post")
    assert (response.status_code, response.content) == (405, b"")
    assert response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", PATHS)
def test_is_not_sent_on_to_tls(path: str, db: None, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert ask(path).status_code == 200
    assert ask("/login/", host="localhost").status_code == 301


@pytest.mark.parametrize("path", ["/healthz/", "/readyz/", "/healthz/more"])
def test_no_other_address_is_answered_so(path: str, db: None) -> None:
    assert ask(path).status_code == 404


def test_alive_asks_the_database_nothing(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        ask("/healthz")


def test_ready_asks_it_one_thing(db: None, django_assert_max_num_queries: Any) -> None:
    # Beside it: how long it may take, and the savepoint of the tests.
    with django_assert_max_num_queries(4):
        assert ask("/readyz").status_code == 200


def test_ready_is_said_by_a_process_that_serves_pages(web_login: Any) -> None:
    assert ask("/readyz").status_code == 200


class TestNotReady:
    def assert_not_ready(self, caplog: pytest.LogCaptureFixture, reason: str) -> None:
        response = ask("/readyz")
        assert (response.status_code, response.content) == (503, b"not ready")
        assert set(response.headers) == {
            "Content-Type",
            "Content-Length",
            "Cache-Control",
            "X-Content-Type-Options",
        }
        assert reason in caplog.text
        assert "Traceback" not in caplog.text
        # Whoever decides on a restart asks this: it would help nothing.
        assert ask("/healthz").status_code == 200

    def test_while_a_migration_is_missing(self, db: None, caplog: pytest.LogCaptureFixture) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM public.django_migrations WHERE id ="
                " (SELECT max(id) FROM public.django_migrations WHERE app = 'tenants')"
            )
        self.assert_not_ready(caplog, "1 migrations of the console are missing")

    def test_without_a_database(
        self, db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(*args: Any, **kwargs: Any) -> None:
            raise OperationalError('connection to "db.internal" as "console_web" failed')

        with monkeypatch.context() as broken:
            broken.setattr(connection, "cursor", fail)
            self.assert_not_ready(caplog, "the database does not answer (OperationalError)")
        assert "db.internal" not in caplog.text

    def test_a_company_that_is_behind_is_no_reason(self, alpha: Client) -> None:
        """Its own pages say so; the others are served."""
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM alpha.django_migrations WHERE app = 'tenant_data'")
        assert ask("/readyz").status_code == 200


def test_the_other_pages_go_on_as_before(alpha: Client, owner: Any, tenant_browser: Any) -> None:
    browser: Browser = tenant_browser(alpha, owner)
    ask("/readyz")
    assert browser.get("/").status_code == 200
