"""What a client's status, domains, language and time zone do to the answers of its hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client as HttpClient
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from console.accounts.models import User
from console.history.models import LogEntry
from console.middleware import (
    RETRY_AFTER_SECONDS,
    SUSPENDED_RETRY_AFTER_SECONDS,
    ActivityMiddleware,
)
from tenants.models import Client, Domain, Plan
from tenants.operations.activity import EVERY, note_activity
from tenants.operations.lifecycle import archive, reactivate, restore, suspend
from tenants.schemas.locks import lock_timeout
from tests.conftest import Browser
from tests.database import make_client


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """A request leaves its client's language and time zone to the next one, which sets its own."""
    yield
    timezone.deactivate()
    translation.activate(django_settings.LANGUAGE_CODE)


def get(host: str, path: str = "/login/", method: str = "get", **extra: Any) -> Any:
    try:
        return getattr(HttpClient(), method)(path, headers={"host": host}, **extra)
    finally:
        connection.set_schema_to_public()


class TestSuspended:
    @pytest.mark.parametrize("path", ["/", "/login/", "/tenant_data/task/", "/nowhere/"])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_everybody_is_told_politely(self, alpha: Client, path: str, method: str) -> None:
        suspend(alpha, acting_user=None)
        response = get("alpha.localhost", path, method)
        assert response.status_code == 503
        assert response.headers["Retry-After"] == str(SUSPENDED_RETRY_AFTER_SECONDS)
        assert response.headers["Cache-Control"] == "no-store"
        page = response.content.decode()
        assert "closed for now" in page
        assert "alpha" not in page.lower()
        assert "<form" not in page
        assert SUSPENDED_RETRY_AFTER_SECONDS > RETRY_AFTER_SECONDS

    def test_it_costs_the_one_query_for_the_host(
        self, alpha: Client, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        suspend(alpha, acting_user=None)
        with django_assert_num_queries(1):
            get("alpha.localhost")

    def test_who_was_signed_in_is_so_again_after_it(
        self, alpha: Client, owner: User, tenant_browser: Callable[..., Browser]
    ) -> None:
        browser = tenant_browser(alpha, owner)
        assert browser.get("/").status_code == 200
        suspend(alpha, acting_user=None)
        assert browser.get("/").status_code == 503
        reactivate(alpha, acting_user=None)
        assert browser.get("/").status_code == 200

    def test_the_others_go_on(self, alpha: Client, beta: Client) -> None:
        suspend(alpha, acting_user=None)
        assert get("beta.localhost").status_code == 200


class TestArchived:
    def test_the_host_is_as_unknown_as_any(self, alpha: Client) -> None:
        archive(alpha, removal_on=timezone.localdate(), acting_user=None)
        answer, unknown = get("alpha.localhost"), get("nobody.localhost")
        assert answer.status_code == unknown.status_code == 404
        assert answer.content == unknown.content
        assert dict(answer.headers) == dict(unknown.headers)

    def test_restored_it_is_there_again(self, alpha: Client) -> None:
        archive(alpha, removal_on=timezone.localdate(), acting_user=None)
        assert get("alpha.localhost").status_code == 404
        restore(alpha, acting_user=None)
        assert get("alpha.localhost").status_code == 200


class TestOtherDomains:
    @pytest.fixture
    def moved(self, alpha: Client) -> Client:
        """alpha at work.example.com, to which its old address leads."""
        alpha.domains.update(is_primary=False)
        Domain.objects.create(tenant=alpha, domain="work.example.com", is_primary=True)
        Client.objects.filter(pk=alpha.pk).update(redirect_to_primary=True)
        return alpha

    @pytest.mark.parametrize(
        ("host", "target"),
        [
            ("alpha.localhost", "http://work.example.com/a/b?c=d&e=%20f"),
            ("ALPHA.localhost.", "http://work.example.com/a/b?c=d&e=%20f"),
            ("alpha.localhost:8000", "http://work.example.com:8000/a/b?c=d&e=%20f"),
        ],
    )
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_lead_to_the_primary_one(
        self, moved: Client, host: str, target: str, method: str
    ) -> None:
        response = get(host, "/a/b?c=d&e=%20f", method)
        assert response.status_code == 307  # the same method, with the same body
        assert response.headers["Location"] == target

    def test_with_the_same_scheme(self, moved: Client) -> None:
        response = get("alpha.localhost", "/", secure=True)
        assert response.headers["Location"] == "https://work.example.com/"

    def test_a_path_that_looks_like_a_host_stays_a_path(self, moved: Client) -> None:
        response = get("alpha.localhost", PATH_INFO="//evil.example/x")
        assert response.headers["Location"] == "http://work.example.com//evil.example/x"

    def test_the_primary_one_answers(self, moved: Client) -> None:
        assert get("work.example.com").status_code == 200
        assert get("www.work.example.com").status_code == 200

    def test_only_if_the_client_says_so(self, moved: Client) -> None:
        Client.objects.filter(pk=moved.pk).update(redirect_to_primary=False)
        assert get("alpha.localhost").status_code == 200

    def test_never_without_a_primary_one(self, moved: Client) -> None:
        moved.domains.update(is_primary=False)
        assert get("alpha.localhost").status_code == 200

    def test_never_for_the_console(self, db: None) -> None:
        public = Client.objects.get(schema_name="public")
        Client.objects.filter(pk=public.pk).update(redirect_to_primary=True)
        Domain.objects.create(tenant=public, domain="console.example.com", is_primary=False)
        assert get("console.example.com").status_code == 200

    def test_a_suspended_client_leads_nowhere(self, moved: Client) -> None:
        suspend(moved, acting_user=None)
        assert get("alpha.localhost").status_code == 503


class TestLanguageAndTime:
    @pytest.fixture
    def british(self, alpha: Client, settings: Any) -> Client:
        settings.LANGUAGES = [("en", "English"), ("en-gb", "British English"), ("de", "Deutsch")]
        alpha.language, alpha.time_zone = "en-gb", "Europe/London"
        alpha.save()
        return alpha

    def test_are_the_clients_whatever_the_browser_asks_for(self, british: Client) -> None:
        response = get("alpha.localhost", HTTP_ACCEPT_LANGUAGE="de")
        assert response.headers["Content-Language"] == "en-gb"
        assert 'lang="en-gb"' in response.content.decode()
        assert response.wsgi_request.LANGUAGE_CODE == "en-gb"
        assert timezone.get_current_timezone_name() == "Europe/London"

    def test_do_not_reach_the_next_request(self, british: Client) -> None:
        get("alpha.localhost")
        response = get("localhost", HTTP_ACCEPT_LANGUAGE="de")
        assert response.headers["Content-Language"] == "de"
        assert timezone.get_current_timezone_name() == django_settings.TIME_ZONE

    def test_that_are_not_offered_any_more_give_way(self, alpha: Client) -> None:
        Client.objects.filter(pk=alpha.pk).update(language="tlh", time_zone="Moon/Tycho")
        response = get("alpha.localhost")
        assert response.status_code == 200
        assert response.headers["Content-Language"] == "en"


def test_the_plan_of_a_request_costs_nothing(
    alpha: Client, django_assert_num_queries: Callable[..., Any]
) -> None:
    request = get("alpha.localhost").wsgi_request
    with django_assert_num_queries(0):
        assert request.tenant.plan == Plan(pk=alpha.plan_id)


class TestLastActive:
    @pytest.fixture
    def browser(
        self, alpha: Client, owner: User, tenant_browser: Callable[..., Browser]
    ) -> Browser:
        Client.objects.update(last_active_at=None)
        return tenant_browser(alpha, owner)

    def last_active(self, client: Client) -> Any:
        return Client.objects.values_list("last_active_at", flat=True).get(pk=client.pk)

    def test_is_when_somebody_signed_in_asks_for_a_page(
        self, alpha: Client, browser: Browser
    ) -> None:
        before = timezone.now()
        browser.get("/")
        assert before <= self.last_active(alpha) <= timezone.now()

    def test_is_not_when_a_stranger_does(self, alpha: Client) -> None:
        get("alpha.localhost")
        assert self.last_active(alpha) is None

    def test_is_not_of_the_console(
        self, operator: User, staff_browser: Callable[..., Browser]
    ) -> None:
        staff_browser(operator).get("/tenants/plan/")
        assert self.last_active(Client.objects.get(schema_name="public")) is None

    def test_is_noted_once_in_a_while(self, alpha: Client, browser: Browser) -> None:
        recent = timezone.now() - EVERY / 2
        Client.objects.filter(pk=alpha.pk).update(last_active_at=recent)
        browser.get("/")
        assert self.last_active(alpha) == recent
        Client.objects.filter(pk=alpha.pk).update(last_active_at=recent - EVERY)
        browser.get("/")
        assert self.last_active(alpha) > recent

    def test_is_no_change_that_anybody_made(self, alpha: Client, browser: Browser) -> None:
        entries = LogEntry.objects.count()
        browser.get("/")
        assert LogEntry.objects.count() == entries
        assert Client.objects.get(pk=alpha.pk).updated_at == alpha.updated_at

    def test_nobody_is_looked_up_where_it_is_not_due(self, alpha: Client) -> None:
        request = HttpRequest()
        request.tenant, request.user = alpha, SimpleLazyObject(lambda: 1 / 0)
        answer = ActivityMiddleware(lambda request: HttpResponse())
        alpha.last_active_at = timezone.now()
        assert answer(request).status_code == 200
        alpha.last_active_at -= EVERY
        with pytest.raises(ZeroDivisionError):
            answer(request)

    def test_waits_for_nobody(
        self, alpha: Client, second: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A worker holds the client's row for as long as it works on the schema."""
        second.execute("SELECT 1 FROM tenants_client WHERE id = %s FOR NO KEY UPDATE", [alpha.pk])
        with lock_timeout("2s"):
            connection.set_tenant(alpha)
            note_activity(alpha)
            connection.set_schema_to_public()
        assert self.last_active(alpha) is None
        assert not caplog.records  # nothing was refused either: there was nothing to write

    def test_as_the_web_login(self, web_login: Any) -> None:
        """What it needs is granted to the process that serves pages."""
        client = Client.objects.get(schema_name="alpha")
        web_login.set_tenant(client)
        try:
            note_activity(client)
            assert web_login.schema_name == "alpha"
            web_login.set_schema_to_public()
            assert timezone.now() - self.last_active(client) < timedelta(minutes=1)
        finally:
            web_login.set_schema_to_public()
            Client.objects.filter(pk=client.pk).update(last_active_at=None)


def test_a_client_that_is_made_anew_answers_503_until_it_is_ready(db: None) -> None:
    make_client("gamma", ready=False)
    assert get("gamma.localhost").status_code == 503
