"""What every answer carries, so that a browser does less than it could; and how errors look."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.template.loader import render_to_string

from console.accounts.models import User
from console.inline_styles import hash_of_plain_pages
from console.sites import ConsoleSite
from tenants.models import Client, Domain
from tests.conftest import Browser
from tests.console.people import text_of

POLICY = "Content-Security-Policy"
SECRET = "what-nobody-may-see"


@pytest.fixture(params=["staff", "company"])
def at_work(
    request: pytest.FixtureRequest,
    operator: User,
    owner: User,
    alpha: Client,
    staff_browser: Callable[..., Browser],
    tenant_browser: Callable[..., Browser],
) -> Browser:
    """Somebody signed in, on each side."""
    if request.param == "staff":
        return staff_browser(operator, raise_request_exception=False)
    return tenant_browser(alpha, owner, raise_request_exception=False)


@pytest.fixture
def tls(settings: Any) -> None:
    """As `console.settings_protection` has it where people come by TLS."""
    settings.SESSION_COOKIE_NAME = "__Host-sessionid"
    settings.CSRF_COOKIE_NAME = "__Host-csrftoken"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 3600
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_SSL_REDIRECT = True


def policy_of(response: Any) -> dict[str, set[str]]:
    parts = (part.split() for part in response[POLICY].split(";"))
    return {name: set(values) for name, *values in parts}


class TestHeaders:
    @pytest.mark.parametrize("path", ["/", "/login/", "/no/such/page/", "/static/nothing.css"])
    def test_are_on_every_answer(self, at_work: Browser, path: str) -> None:
        response = at_work.get(path)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in response["Permissions-Policy"]
        assert policy_of(response)["frame-ancestors"] == {"'none'"}

    def test_and_on_those_of_an_unknown_host(self, db: None) -> None:
        response = Browser("nobody.example", "public", None).get("/")
        assert response.status_code == 404
        assert policy_of(response)["default-src"] == {"'none'"}
        assert "Permissions-Policy" in response

    def test_no_page_is_shown_in_a_frame(self, at_work: Browser) -> None:
        assert at_work.get("/")["X-Frame-Options"] == "DENY"


class TestThePolicy:
    def test_lets_a_page_load_from_its_own_host_alone(self, at_work: Browser) -> None:
        policy = policy_of(at_work.get("/"))
        everything = set.union(*policy.values())
        sources = {value for value in everything if not value.startswith(("'nonce-", "'sha256-"))}
        assert sources == {"'self'", "'none'", "'unsafe-eval'", "'unsafe-inline'", "data:"}
        for name in ("default-src", "object-src", "frame-ancestors", "script-src-attr"):
            assert policy[name] == {"'none'"}, name
        for name in ("base-uri", "form-action", "connect-src", "font-src"):
            assert policy[name] == {"'self'"}, name

    def test_runs_no_script_that_stands_in_a_page(self, at_work: Browser) -> None:
        """Alpine needs the one exception; it makes no difference to what is put into a page."""
        assert policy_of(at_work.get("/"))["script-src"] == {"'self'", "'unsafe-eval'"}

    def test_takes_no_style_element_but_that_of_this_answer(self, at_work: Browser) -> None:
        nonces = []
        for _time in range(2):
            response = at_work.get("/")
            (nonce,) = set(re.findall(r'nonce="([^"]+)"', text_of(response)))
            assert not re.search(r"<style(?![^>]* nonce=)", text_of(response))
            assert policy_of(response)["style-src-elem"] == {
                "'self'",
                f"'nonce-{nonce}'",
                hash_of_plain_pages(),
            }
            nonces.append(nonce)
        assert nonces[0] != nonces[1]

    def test_knows_the_style_of_the_plain_pages(self) -> None:
        """What is sent is what was hashed: nothing in it is filled in."""
        for page in ("400.html", "413.html", "500.html", "console/suspended.html"):
            (style,) = re.findall(r"<style>(.*?)</style>", render_to_string(page), re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
            assert hash_of_plain_pages() == f"'sha256-{digest}'"


@pytest.mark.usefixtures("tls")
class TestByTls:
    def test_a_request_without_it_is_sent_there(self, alpha: Client) -> None:
        response = Browser("alpha.localhost", "alpha", None).get("/login/?a=b")
        assert response.status_code == 301
        assert response["Location"] == "https://alpha.localhost/login/?a=b"

    def test_a_visitor_cannot_say_that_it_came_so(self, alpha: Client) -> None:
        browser = Browser("alpha.localhost", "alpha", None)
        assert browser.get("/login/", HTTP_X_FORWARDED_PROTO="https").status_code == 301

    def test_a_proxy_that_was_named_can(self, alpha: Client, settings: Any) -> None:
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        browser = Browser("alpha.localhost", "alpha", None)
        assert browser.get("/login/", HTTP_X_FORWARDED_PROTO="https").status_code == 200
        assert browser.get("/login/", HTTP_X_FORWARDED_PROTO="http").status_code == 301

    @pytest.mark.parametrize("host", ["localhost", "alpha.localhost"])
    def test_our_own_names_are_reached_by_it_alone(self, host: str, alpha: Client) -> None:
        response = Browser(host, "public", None).get("/login/", secure=True)
        assert response["Strict-Transport-Security"] == "max-age=3600; includeSubDomains; preload"

    @pytest.mark.parametrize("host", ["work.example.com", "localhost.example.com"])
    def test_what_is_below_a_companys_own_name_is_its_own_business(
        self, host: str, alpha: Client
    ) -> None:
        Domain.objects.create(tenant=alpha, domain=host, is_primary=False)
        response = Browser(host, "alpha", None).get("/login/", secure=True)
        assert response.status_code == 200
        assert response["Strict-Transport-Security"] == "max-age=3600"

    def test_cookies_are_what_browsers_ask_of_such_names(
        self, alpha: Client, owner: User, tenant_browser: Callable[..., Browser]
    ) -> None:
        browser = tenant_browser(alpha)
        browser.get("/login/", secure=True)
        form = {"username": owner.email, "password": "owner-pw"}
        response = browser.post("/login/", form, secure=True)
        assert response.status_code == 302
        assert set(response.cookies) == {"__Host-sessionid", "__Host-csrftoken"}
        for cookie in response.cookies.values():
            assert (cookie["path"], cookie["domain"], cookie["secure"]) == ("/", "", True)
            assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
        assert browser.get("/", secure=True).status_code == 200

    def test_a_cookie_that_another_name_below_ours_set_is_not_looked_at(
        self, alpha: Client, owner: User, tenant_browser: Callable[..., Browser]
    ) -> None:
        """Such a name cannot set one with the prefix, and one without it is nobody's."""
        session = tenant_browser(alpha, owner).cookies["__Host-sessionid"].value
        victim = Browser("alpha.localhost", "alpha", None)
        victim.cookies["sessionid"] = session
        assert victim.get("/", secure=True).status_code == 302
        victim.cookies["__Host-sessionid"] = session
        assert victim.get("/", secure=True).status_code == 200


class TestErrors:
    def assert_says_nothing(self, response: Any) -> None:
        page = text_of(response)
        for word in ("Traceback", "Exception", "console/", "django", SECRET, "SECRET_KEY"):
            assert word not in page, word
        assert "<main" in page
        assert 'href="/"' in page

    def test_a_fault_of_ours(self, at_work: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
            password = SECRET
            raise RuntimeError(password)

        monkeypatch.setattr(ConsoleSite, "_pages", fail)
        response = at_work.get("/search/?s=x")
        assert response.status_code == 500
        self.assert_says_nothing(response)

    @pytest.mark.parametrize(("path", "status"), [("/?q=%00", 400), ("/no/such/page/", 404)])
    def test_a_mistake_of_theirs(self, at_work: Browser, path: str, status: int) -> None:
        response = at_work.get(path)
        assert response.status_code == status
        self.assert_says_nothing(response)

    def test_a_page_that_is_not_for_them(
        self, outsider: User, staff_browser: Callable[..., Browser]
    ) -> None:
        response = staff_browser(outsider).get("/tenants/client/")
        assert response.status_code == 403
        self.assert_says_nothing(response)

    def test_a_form_of_another_page(self, alpha: Client, owner: User) -> None:
        browser = Browser("alpha.localhost", "alpha", owner, enforce_csrf_checks=True)
        response = browser.post("/password_change/", {"old_password": SECRET})
        assert response.status_code == 403
        self.assert_says_nothing(response)
        assert "This form has expired" in text_of(response)


class TestTooMuch:
    """What is too much is refused before it is kept, in words."""

    @pytest.mark.parametrize(
        "data",
        [
            {"username": "x" * 3 * 1024 * 1024},
            {f"field{number}": "x" for number in range(5001)},
            {f"f{n}": SimpleUploadedFile(f"{n}.txt", b"x", "text/plain") for n in range(21)},
        ],
        ids=["text", "fields", "files"],
    )
    def test_of_one_kind(self, alpha: Client, data: dict[str, Any], settings: Any) -> None:
        settings.DATA_UPLOAD_MAX_NUMBER_FILES = 20
        browser = Browser("alpha.localhost", "alpha", None, enforce_csrf_checks=True)
        browser.get("/login/")
        response = browser.post("/login/", data)
        assert response.status_code == 413
        assert "This was too much at once" in text_of(response)

    def test_what_is_just_enough_is_read(self, alpha: Client) -> None:
        browser = Browser("alpha.localhost", "alpha", None)
        form = {"username": "x" * 1024 * 1024, "password": "x"}
        assert browser.post("/login/", form).status_code == 200
