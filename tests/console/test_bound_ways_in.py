"""Sessions and links, taken from alpha to beta and to the staff's side, and back: a way in is one
for the schema and the host that it was made for, though the user is the same in all three."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.mail import EmailMessage
from django_tenants.utils import schema_context

from console.accounts.links import sign_in_path
from console.accounts.models import User
from tenants.models import Client
from tenants.operations.invite import sign_in_link
from tests.conftest import Browser
from tests.console.twins import (
    EMAIL,
    NEW_PASSWORD,
    PASSWORD,
    PK,
    SCHEMAS,
    asks_for_a_password,
    is_signed_in,
    stranger_at,
    taking_cookies,
)

HOSTS = {"alpha": "alpha.localhost", "beta": "beta.localhost", "public": "localhost"}
TRIPS = [(here, there) for here in SCHEMAS for there in SCHEMAS if here != there]
LINK = re.compile(r"https?://([^/:\s\"]+)[^/\s\"]*(/welcome/[^\s\"<]+)")


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.console.example"


@pytest.fixture
def browsers(twins: dict[str, User]) -> dict[str, Browser]:
    """The user's, signed in on each host."""
    return {schema: Browser(host, schema, twins[schema]) for schema, host in HOSTS.items()}


def urlconf_of(schema: str) -> str:
    return "console.urls_public" if schema == "public" else "console.urls_tenant"


def handed_by_an_admin(schema: str, browsers: dict[str, Browser], mails: list[Any]) -> str:
    """A link that an admin of the same side is shown for the user."""
    with schema_context(schema):
        admin = User.objects.create_superuser("root@same.example", "root-pw")
    browser = browsers[schema]
    page = Browser(browser.host, schema, admin).post(f"/accounts/user/{PK}/sign-in-link/")
    return page.content.decode()


def sent_by_mail(schema: str, browsers: dict[str, Browser], mails: list[Any]) -> str:
    """A link for who has forgotten the password."""
    stranger_at(browsers[schema]).post("/forgotten/", {"email": EMAIL})
    return str(mails.pop().body)


WAYS = [handed_by_an_admin, sent_by_mail]


def passwords() -> list[bool]:
    """Whether the user's password is still the first one, in each schema."""
    kept = []
    for schema in SCHEMAS:
        with schema_context(schema):
            kept.append(User.objects.get(pk=PK).check_password(PASSWORD))
    return kept


@pytest.mark.parametrize(("here", "there"), TRIPS)
class TestSessions:
    def test_are_good_on_their_own_host(
        self, here: str, there: str, browsers: dict[str, Browser]
    ) -> None:
        assert is_signed_in(browsers[here])
        thief = taking_cookies(browsers[here], browsers[there])
        response = thief.get("/")
        assert response.status_code == 302
        assert response["Location"].startswith("/login/")
        assert is_signed_in(browsers[here])

    def test_signing_out_of_one_leaves_the_others(
        self, here: str, there: str, browsers: dict[str, Browser]
    ) -> None:
        browsers[here].post("/logout/")
        assert not is_signed_in(browsers[here])
        assert is_signed_in(browsers[there])


@pytest.mark.parametrize(("here", "there"), TRIPS)
@pytest.mark.parametrize("way", WAYS)
class TestLinks:
    def test_are_good_on_their_own_host(
        self,
        way: Callable[..., str],
        here: str,
        there: str,
        browsers: dict[str, Browser],
        mailoutbox: list[EmailMessage],
    ) -> None:
        found = LINK.search(way(here, browsers, mailoutbox))
        assert found
        host, path = found.groups()
        assert host == HOSTS[here]

        visitor = stranger_at(browsers[there])
        assert not asks_for_a_password(visitor.get(path, follow=True))
        # Nor where it has been opened on its own host, and what that left behind is taken along.
        opened = stranger_at(browsers[here])
        page = opened.get(path, follow=True)
        assert asks_for_a_password(page)
        form, _status = page.redirect_chain[-1]
        both = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
        thief = taking_cookies(opened, browsers[there])
        assert not asks_for_a_password(thief.post(form, both))
        assert not is_signed_in(thief)
        assert passwords() == [True, True, True]

        assert opened.post(form, both).status_code == 302
        assert passwords() == [schema != here for schema in SCHEMAS]


class TestInvitations:
    """The first admin's, which the staff are shown."""

    @pytest.fixture
    def path(self, alpha: Client) -> str:
        link = sign_in_link(alpha, origin="http://localhost:8000", acting_user=None, email=None)
        parts = urlsplit(link)
        assert parts.netloc == "alpha.localhost:8000"
        return parts.path

    @pytest.mark.parametrize("there", ["beta", "public"])
    def test_are_good_on_the_clients_host(
        self, path: str, there: str, alpha: Client, browsers: dict[str, Browser]
    ) -> None:
        """An admin with the same id and address, also without a password, is there too."""
        with schema_context("alpha"):
            first = User.objects.get(email=alpha.admin_email)
        with schema_context(there):
            User.objects.filter(pk=first.pk).delete()
            first.save(force_insert=True)
        assert not asks_for_a_password(stranger_at(browsers[there]).get(path, follow=True))
        assert asks_for_a_password(stranger_at(browsers["alpha"]).get(path, follow=True))


@pytest.mark.parametrize("host", ["other.example.com", "www.alpha.localhost"])
def test_a_link_is_for_one_of_the_clients_hosts(
    host: str, alpha: Client, browsers: dict[str, Browser]
) -> None:
    """Another of its domains may have been another company's when the link was made."""
    alpha.domains.create(domain="other.example.com", is_primary=False)
    with schema_context("alpha"):
        user = User.objects.get(pk=PK)
        path = sign_in_path(user, schema="alpha", host=host, urlconf=urlconf_of("alpha"))
    assert not asks_for_a_password(stranger_at(browsers["alpha"]).get(path, follow=True))
    own = Browser(host, "alpha", None)
    assert asks_for_a_password(own.get(path, follow=True))
