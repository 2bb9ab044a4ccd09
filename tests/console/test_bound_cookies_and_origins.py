"""What the pages of a sibling's host can do to a browser: plant cookies, for every host below the
common name or for one, and send forms. None of it signs anybody in, out of their own session into
another's, or writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.links import sign_in_path
from console.accounts.models import User
from tenant_data.models import Label
from tenants.models import Client
from tests.conftest import Browser
from tests.console.twins import EMAIL, NEW_PASSWORD, PASSWORD, PK, is_signed_in
from tests.snapshot import taken_back

LABELS = "/tenant_data/label/add/"
TOKEN = "a" * 32


@pytest.fixture
def victim(tenant_browser: Callable[..., Browser], alpha: Client, twins: Any) -> Browser:
    """Somebody of alpha's who has not signed in."""
    return tenant_browser(alpha)


def session_of(browser: Browser) -> str:
    return str(browser.cookies["sessionid"].value)


def sign_in(browser: Browser, **extra: Any) -> Any:
    response = browser.post("/login/", {"username": EMAIL, "password": PASSWORD}, **extra)
    assert response.status_code == 302
    return response


def exists(schema: str, key: str) -> bool:
    with schema_context(schema):
        return Session.objects.filter(pk=key).exists()


class TestPlantedSessions:
    def planted(self, kind: str, in_beta: Browser, alpha: Client) -> str:
        """The id of a session that whoever planted it knows."""
        if kind == "of beta":
            return session_of(in_beta)
        if kind == "made up":
            return "planted0planted0planted0planted0"
        with schema_context("alpha"):
            session = SessionStore()
            session["known"] = "to somebody else"
            session.create()
            if kind == "of another of alpha":
                other = User.objects.create_user("mallory@alpha.example", "pw", is_staff=True)
                browser = Browser("alpha.localhost", "alpha", other)
                return session_of(browser)
        return str(session.session_key)

    KINDS = ("made up", "of beta", "without anybody", "of another of alpha")

    @pytest.mark.parametrize("kind", KINDS)
    def test_signing_in_gets_a_new_one(
        self, kind: str, victim: Browser, in_beta: Browser, alpha: Client
    ) -> None:
        planted = self.planted(kind, in_beta, alpha)
        victim.cookies["sessionid"] = planted
        sign_in(victim)
        assert session_of(victim) != planted
        assert is_signed_in(victim)
        knows_it = Browser("alpha.localhost", "alpha", None)
        knows_it.cookies["sessionid"] = planted
        assert (
            knows_it.get("/").wsgi_request.user.email != EMAIL
            if hasattr(knows_it.get("/").wsgi_request.user, "email")
            else not is_signed_in(knows_it)
        )
        assert not exists("alpha", planted)

    @pytest.mark.parametrize("kind", KINDS)
    def test_so_does_setting_a_password_by_a_link(
        self, kind: str, victim: Browser, in_beta: Browser, alpha: Client
    ) -> None:
        planted = self.planted(kind, in_beta, alpha)
        victim.cookies["sessionid"] = planted
        with schema_context("alpha"):
            user = User.objects.get(pk=PK)
            path = sign_in_path(
                user, schema="alpha", host="alpha.localhost", urlconf="console.urls_tenant"
            )
        form = victim.get(path, follow=True).redirect_chain[-1][0]
        both = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
        assert victim.post(form, both).status_code == 302
        assert session_of(victim) != planted
        assert is_signed_in(victim)
        assert not exists("alpha", planted)

    @pytest.mark.parametrize("order", ["{own}; {planted}", "{planted}; {own}"])
    def test_beside_ones_own_none_is_anothers_way_in(
        self, order: str, in_alpha: Browser, in_beta: Browser
    ) -> None:
        """A browser sends both cookies of one name, in an order that the planter can choose."""
        own, planted = (f"sessionid={session_of(each)}" for each in (in_alpha, in_beta))
        cookies = order.format(own=own, planted=planted)
        raw = Browser("alpha.localhost", "alpha", None)
        response = raw.get("/", headers={"cookie": cookies})
        user = response.wsgi_request.user
        # Whoever plants one may sign somebody out by it: nobody is signed in as somebody else.
        assert response.status_code in (200, 302)
        assert (response.status_code == 200) is (planted in cookies.split("; ")[0])
        if response.status_code == 200:
            assert (user.pk, user._state.db) == (PK, "default")
        assert exists("alpha", session_of(in_alpha))
        assert exists("beta", session_of(in_beta))

    def test_cookies_are_for_this_host_and_for_no_script(self, victim: Browser) -> None:
        response = sign_in(victim)
        for cookie in response.cookies.values():
            assert cookie["domain"] == ""
            assert cookie["samesite"] == "Lax"
        assert response.cookies["sessionid"]["httponly"]


@pytest.fixture
def _in_use(alpha: Client) -> None:
    """That somebody signed in asks for a page is noted once in a while, whoever led them there."""
    Client.objects.filter(pk=alpha.pk).update(last_active_at=timezone.now())


@pytest.mark.usefixtures("_in_use")
class TestForms:
    """Sent with a planted CSRF cookie and the token that fits it, by a page of another host."""

    HERE = "http://alpha.localhost"
    FOREIGN = (
        "http://beta.localhost", "http://localhost", "https://alpha.localhost",
        "http://alpha.localhost:8000", "http://alpha.localhost.evil.example", "null", "x",
    )  # fmt: skip

    @pytest.fixture
    def careful(self, alpha: Client, twins: dict[str, User]) -> Browser:
        """As browsers are answered: with the checks that tests leave out elsewhere."""
        browser = Browser("alpha.localhost", "alpha", twins["alpha"], enforce_csrf_checks=True)
        browser.cookies["csrftoken"] = TOKEN
        return browser

    def send(self, browser: Browser, *, secure: bool = False, **headers: str) -> int:
        form = {"name": "Sent", "colour": "red", "csrfmiddlewaretoken": TOKEN}
        response = browser.post(LABELS, form, headers=headers, secure=secure)
        return int(response.status_code)

    def is_written(self) -> bool:
        with schema_context("alpha"):
            return bool(Label.objects.filter(name="Sent").exists())

    def test_of_ones_own_host_are_taken(self, careful: Browser) -> None:
        assert self.send(careful, origin=self.HERE) == 302
        assert self.is_written()

    @pytest.mark.parametrize("origin", FOREIGN)
    def test_of_another_are_refused(self, careful: Browser, origin: str) -> None:
        with taken_back("alpha", "beta", "public") as wrote:
            assert self.send(careful, origin=origin) == 403
            # What else a proxy or a page may say does not make up for it.
            forged = {"x-forwarded-host": "beta.localhost", "x-forwarded-proto": "https"}
            assert self.send(careful, origin=origin, referer=f"{self.HERE}/", **forged) == 403
        assert wrote == set()

    @pytest.mark.parametrize(
        "referer", ["https://beta.localhost/", "https://localhost/", "http://alpha.localhost/", ""]
    )
    def test_over_tls_the_page_that_sends_it_has_to_be_named(
        self, careful: Browser, referer: str
    ) -> None:
        """By browsers that name no origin."""
        assert self.send(careful, secure=True, referer=referer) == 403
        assert not self.is_written()
        assert self.send(careful, secure=True, referer="https://alpha.localhost/x") == 302

    def test_a_token_of_another_company_fits_nothing_here(
        self, careful: Browser, in_beta: Browser
    ) -> None:
        page = in_beta.get(LABELS)
        theirs = page.context["csrf_token"]
        form = {"name": "Sent", "colour": "red", "csrfmiddlewaretoken": str(theirs)}
        response = careful.post(LABELS, form, headers={"origin": self.HERE})
        assert response.status_code == 403
        assert not self.is_written()

    @pytest.mark.parametrize(
        "path", ["/login/", "/logout/", "/password_change/", "/forgotten/", LABELS]
    )
    @pytest.mark.parametrize("origin", ["http://beta.localhost", "http://localhost"])
    def test_nothing_is_done_by_them(
        self, careful: Browser, path: str, origin: str, settings: Any
    ) -> None:
        settings.EMAIL_HOST = "mail.console.example"
        form = {"username": EMAIL, "password": PASSWORD, "email": EMAIL, "name": "Sent"}
        form |= {"old_password": PASSWORD, "csrfmiddlewaretoken": TOKEN}
        form |= {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
        with taken_back("alpha", "beta", "public") as wrote:
            response = careful.post(path, form, headers={"origin": origin})
            assert response.status_code == 403
        assert wrote == set()
        assert is_signed_in(careful)

    def test_signing_in_changes_the_token(self, alpha: Client, twins: dict[str, User]) -> None:
        """What was planted before is of no use after it."""
        browser = Browser("alpha.localhost", "alpha", None, enforce_csrf_checks=True)
        browser.cookies["csrftoken"] = TOKEN
        form = {"username": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": TOKEN}
        assert browser.post("/login/", form, headers={"origin": self.HERE}).status_code == 302
        assert browser.cookies["csrftoken"].value != TOKEN
        assert self.send(browser, origin=self.HERE) == 403


@pytest.mark.usefixtures("_in_use")
class TestPagesInPages:
    @pytest.mark.parametrize("path", ["/", "/login/", LABELS])
    def test_no_other_host_frames_a_page(self, in_alpha: Browser, path: str) -> None:
        assert in_alpha.get(path)["X-Frame-Options"] == "DENY"

    def test_a_list_opened_from_a_siblings_page_keeps_no_order(self, in_alpha: Browser) -> None:
        """The one thing that is written on GET; the rest is in ``test_changelist.py``."""
        for said in ({"sec-fetch-site": "same-site"}, {"sec-fetch-site": "cross-site"}):
            with taken_back("alpha", "beta", "public") as wrote:
                in_alpha.get("/tenant_data/project/?o=-1", headers=said)
            assert wrote == set()
