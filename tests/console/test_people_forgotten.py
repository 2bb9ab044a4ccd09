"""Who has forgotten a password asks for a link, on both sides; a stranger learns nothing by it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPDataError
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone, translation
from django_tenants.utils import schema_context

from console.accounts import forgotten
from console.accounts.models import User
from console.accounts.roles import TenantRole
from console.history.models import LogEntry
from tenants.models import Client
from tests.conftest import Browser
from tests.console.people import person, text_of, told_of

PAGE, SENT = "/forgotten/", "/forgotten/sent/"
PASSWORD = "a-good-long-passphrase"


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.console.example"


@pytest.fixture
def stranger(tenant_browser: Callable[..., Browser], alpha: Client) -> Browser:
    """Somebody at alpha's door."""
    return tenant_browser(alpha)


def ask(browser: Browser, email: str) -> Any:
    response = browser.post(PAGE, {"email": email})
    assert (response.status_code, response["Location"]) == (302, SENT)
    return response


def link_in(message: EmailMessage, host: str) -> str:
    found = re.search(rf"http://{re.escape(host)}(/welcome/\S+)", message.body)
    assert found, message.body
    return found[1]


class TestTheWayIn:
    def test_for_a_companys_people(
        self, stranger: Browser, owner: User, mailoutbox: list[EmailMessage]
    ) -> None:
        page = text_of(stranger.get("/login/"))
        assert f'href="{PAGE}"' in page
        assert "Forgot your password?" in page
        assert text_of(stranger.get(PAGE)).count('type="email"') == 1
        ask(stranger, " ADA@alpha.example ")
        assert "a mail with a link is on its way" in text_of(stranger.get(SENT))
        [message] = mailoutbox
        assert (message.to, message.subject) == ([owner.email], "Your way in to Alpha")
        assert "signed in to Alpha" in message.body
        opened = stranger.get(link_in(message, "alpha.localhost"), follow=True)
        form = {"new_password1": PASSWORD, "new_password2": PASSWORD}
        assert stranger.post(opened.redirect_chain[-1][0], form)["Location"] == "/"
        assert stranger.get("/").status_code == 200
        with schema_context("alpha"):
            assert User.objects.get(pk=owner.pk).check_password(PASSWORD)

    def test_for_the_staff(
        self,
        staff_browser: Callable[..., Browser],
        staff_viewer: User,
        mailoutbox: list[EmailMessage],
    ) -> None:
        browser = staff_browser()
        assert f'href="{PAGE}"' in text_of(browser.get("/login/"))
        ask(browser, staff_viewer.email)
        [message] = mailoutbox
        assert message.subject == "Your way in to Tenant Console"
        opened = browser.get(link_in(message, "localhost"), follow=True)
        assert "new_password1" in text_of(opened)

    def test_the_mail_is_in_the_companys_language(
        self,
        stranger: Browser,
        owner: User,
        alpha: Client,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        spoken: list[str | None] = []
        monkeypatch.setattr(
            forgotten,
            "send_sign_in_link",
            lambda *a, **k: spoken.append(translation.get_language()),
        )
        Client.objects.filter(pk=alpha.pk).update(language="en-gb")
        ask(stranger, owner.email)
        assert spoken == ["en-gb"]


class TestNothingIsTold:
    @pytest.mark.parametrize("who", ["unknown", "inactive", "of another company", "staff"])
    def test_the_answer_is_the_same_and_nothing_is_sent(
        self,
        who: str,
        stranger: Browser,
        owner: User,
        beta_owner: User,
        operator: User,
        mailoutbox: list[EmailMessage],
    ) -> None:
        gone = person("gone@alpha.example", TenantRole.MEMBER)
        with schema_context("alpha"):
            User.objects.filter(pk=gone.pk).update(is_active=False)
        email = {
            "unknown": "nobody@alpha.example",
            "inactive": gone.email,
            "of another company": beta_owner.email,
            "staff": operator.email,
        }[who]
        answers = []
        for each in (owner.email, email):
            response = ask(stranger, each)
            answers.append((response.content, sorted(set(response.headers) - {"Set-Cookie"})))
        assert answers[0] == answers[1]
        assert [message.to for message in mailoutbox] == [[owner.email]]

    def test_nobody_is_looked_for_before_the_answer_is_sent(
        self, stranger: Browser, owner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """So the time it takes says nothing either."""
        order: list[str] = []
        close = forgotten.RedirectThen.close

        def note_close(self: Any) -> None:
            order.append("answered")
            close(self)

        monkeypatch.setattr(forgotten.RedirectThen, "close", note_close)
        monkeypatch.setattr(
            "console.accounts.views.send_new_link", lambda *a, **k: order.append("looked for")
        )
        ask(stranger, owner.email)
        assert order == ["answered", "looked for"]

    def test_what_is_no_address_is_said(self, stranger: Browser) -> None:
        for email in ("", "ada", "a@b@c"):
            response = stranger.post(PAGE, {"email": email})
            assert response.status_code == 200
            assert "console-door-error" in text_of(response)


class TestHowOften:
    def test_once_in_five_minutes(
        self,
        stranger: Browser,
        owner: User,
        mailoutbox: list[EmailMessage],
    ) -> None:
        for _time in range(3):
            ask(stranger, owner.email)
        assert len(mailoutbox) == 1
        with schema_context("alpha"):
            asked = LogEntry.objects.filter(event="user_reset_asked")
            assert asked.count() == 1
            asked.update(timestamp=timezone.now() - timedelta(minutes=5, seconds=1))
        ask(stranger, owner.email)
        assert len(mailoutbox) == 2

    def test_each_address_and_each_company_by_itself(
        self,
        stranger: Browser,
        owner: User,
        beta: Client,
        tenant_browser: Callable[..., Browser],
        mailoutbox: list[EmailMessage],
    ) -> None:
        bob = person("bob@alpha.example", TenantRole.MEMBER)
        person(owner.email, TenantRole.MEMBER, schema="beta")
        ask(stranger, owner.email)
        ask(stranger, bob.email)
        ask(tenant_browser(beta), owner.email)
        assert [message.to for message in mailoutbox] == [
            [owner.email],
            [bob.email],
            [owner.email],
        ]


class TestWhereNothingCanBeSent:
    @pytest.fixture(autouse=True)
    def _no_mail(self, settings: Any, _mail: None) -> None:
        settings.EMAIL_HOST = ""

    def test_nothing_is_offered(
        self, stranger: Browser, owner: User, mailoutbox: list[EmailMessage]
    ) -> None:
        page = text_of(stranger.get("/login/"))
        assert PAGE not in page
        assert "Ask an admin of your company" in page
        assert stranger.get(PAGE).status_code == 404
        assert stranger.get(SENT).status_code == 404
        assert stranger.post(PAGE, {"email": owner.email}).status_code == 404
        assert mailoutbox == []

    def test_a_server_that_refuses_is_written_down_and_not_told(
        self,
        stranger: Browser,
        owner: User,
        monkeypatch: pytest.MonkeyPatch,
        settings: Any,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        settings.EMAIL_HOST = "mail.console.example"

        def refuse(self: EmailMessage, **options: Any) -> int:
            raise SMTPDataError(554, self.body.encode())

        monkeypatch.setattr(EmailMessage, "send", refuse)
        ask(stranger, owner.email)
        assert "SMTPDataError 554" in caplog.text
        assert "/welcome/" not in caplog.text
        assert told_of(owner)[-2:] == [
            "A new password for ada@alpha.example was asked for on the sign-in page",
            "Link for a new password to ada@alpha.example could not be sent",
        ]


def test_what_fails_after_the_answer_gives_the_connections_back(alpha: Client) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    response = forgotten.RedirectThen("/", fail)
    with pytest.raises(ZeroDivisionError):
        response.close()
    assert response.closed


def test_a_form_of_another_page_is_refused(alpha: Client, owner: User) -> None:
    browser = Browser("alpha.localhost", "alpha", None, enforce_csrf_checks=True)
    assert browser.post(PAGE, {"email": owner.email}).status_code == 403
