"""Sign-in links sent by mail from the client's page, through a real mail server."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from console.accounts.models import User
from console.history.models import LogEntry
from console.history.record import record_event
from tenants.exceptions import MailNotSent, MailNotSet, NotAllowed
from tenants.models import Client
from tenants.operations.invite import add_tenant_admin, mail_sign_in_link
from tests.tenants.client_pages import page as url
from tests.tenants.mail_server import MailServer, mail_server

ORIGIN = "http://localhost:8000"
BEA = {"name": "Bea Second", "email": "Bea@Alpha.example"}


@pytest.fixture
def bea(alpha: Client) -> User:
    return add_tenant_admin(alpha, **BEA, acting_user=None)


def written(client: Client) -> list[str]:
    """The events of the client's history that are about links, the first one first."""
    entries = LogEntry.objects.about(client).filter(event__startswith="sign_in_link")
    return [entry.event for entry in entries.order_by("pk")]


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    """A mail server that the console is told of."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.server_address[1]
        settings.DEFAULT_FROM_EMAIL = "console@example.com"
        yield server


class TestMail:
    PATH = "sign-in-link"

    def send(self, browser: Any, client: Client, **data: str) -> Any:
        return browser.post(url(client, self.PATH), {"mail": "1", **data}, follow=True)

    def test_is_offered_where_there_is_a_server(
        self, browser: Any, alpha: Client, mail: MailServer, settings: Any
    ) -> None:
        assert "Send it by mail" in browser.get(url(alpha, self.PATH)).content.decode()
        settings.EMAIL_HOST = ""
        assert "Send it by mail" not in browser.get(url(alpha, self.PATH)).content.decode()
        assert "has no mail server" in self.send(browser, alpha).content.decode()
        with pytest.raises(MailNotSet):
            mail_sign_in_link(alpha, origin=ORIGIN, acting_user=None)

    def test_brings_a_link_that_works(
        self,
        browser: Any,
        tenant_browser: Callable[..., Any],
        alpha: Client,
        bea: User,
        mail: MailServer,
        operator: User,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        page = self.send(browser, alpha, email=bea.email).content.decode()
        assert f"The link was sent to {bea.email}." in page
        message = mail.message
        assert (message["to"], message["from"]) == (bea.email, "console@example.com")
        assert message["subject"] == "Your way in to Alpha"
        assert message.get_content_type() == "text/plain"
        text = message.get_content().replace("\r\n", "\n")
        assert "Hello Bea Second," in text
        assert "3 days" in text
        (link,) = re.findall(r"^http://alpha\.localhost(/welcome/\S+)$", text, re.MULTILINE)
        opened = tenant_browser(alpha).get(link, follow=True)
        assert "new_password1" in opened.content.decode()

        entry = LogEntry.objects.about(alpha)[0]
        assert (entry.event, entry.actor_email) == ("sign_in_link_sent", operator.email)
        self.is_kept_nowhere(link, page, caplog)

    def is_kept_nowhere(self, link: str, page: str, caplog: pytest.LogCaptureFixture) -> None:
        token = link.rstrip("/").rpartition("/")[2]
        assert token not in page
        assert token not in caplog.text
        with connection.cursor() as cursor:
            for table in ("history_logentry", "procrastinate_jobs", "tenants_operationevent"):
                cursor.execute(
                    f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{token}%"]
                )
                assert cursor.fetchone() == (0,)

    def test_is_in_the_clients_language(
        self, browser: Any, alpha: Client, mail: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spoken: list[str] = []
        from django.utils import translation

        from console.accounts import mail as mailing

        def note(*args: Any) -> str:
            spoken.append(translation.get_language() or "")
            return "text"

        monkeypatch.setattr(mailing, "render_to_string", note)
        Client.objects.filter(pk=alpha.pk).update(language="en-gb")
        self.send(browser, alpha)
        assert spoken == ["en-gb"]

    def test_a_name_of_several_lines_makes_no_header(
        self, browser: Any, alpha: Client, mail: MailServer
    ) -> None:
        Client.objects.filter(pk=alpha.pk).update(name="Alpha\nBcc: all@example.com")
        self.send(browser, alpha)
        assert mail.message["subject"] == "Your way in to Alpha Bcc: all@example.com"
        assert mail.message["bcc"] is None

    def test_a_server_that_refuses_is_said_and_written_down(
        self, browser: Any, alpha: Client, mail: MailServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        mail.refuses = "554"
        page = self.send(browser, alpha).content.decode()
        assert "did not take the message" in page
        assert written(alpha) == ["sign_in_link_being_sent", "sign_in_link_not_sent"]
        assert "SMTPDataError 554" in caplog.text
        assert "/welcome/" not in caplog.text
        assert "/welcome/" not in page

    def test_a_server_that_is_not_there_is_said(
        self, browser: Any, alpha: Client, settings: Any, mail: MailServer
    ) -> None:
        settings.EMAIL_PORT = 1
        assert "did not take the message" in self.send(browser, alpha).content.decode()
        with pytest.raises(MailNotSent):
            mail_sign_in_link(alpha, origin=ORIGIN, acting_user=None)
        assert "sign_in_link_sent" not in written(alpha)

    def test_is_written_down_before_the_server_is_spoken_to(
        self, alpha: Client, mail: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[list[str]] = []
        monkeypatch.setattr(
            "tenants.operations.invite.send_invitation", lambda *args: seen.append(written(alpha))
        )
        mail_sign_in_link(alpha, origin=ORIGIN, acting_user=None)
        assert seen == [["sign_in_link_being_sent"]]
        assert written(alpha) == ["sign_in_link_being_sent", "sign_in_link_sent"]

    def test_leaves_a_trace_whatever_goes_wrong_after_it(
        self, alpha: Client, mail: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from tenants.operations import invite

        def record(client: Client, event: str, **details: Any) -> Any:
            if event == "sign_in_link_sent":
                raise OperationalError("the database went away")
            return record_event(client, event, **details)

        monkeypatch.setattr(invite, "record_event", record)
        with pytest.raises(OperationalError):
            mail_sign_in_link(alpha, origin=ORIGIN, acting_user=None)
        assert len(mail.messages) == 1
        assert written(alpha) == ["sign_in_link_being_sent"]

    def test_is_refused_where_the_trace_could_be_taken_back(
        self, alpha: Client, mail: MailServer
    ) -> None:
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
            mail_sign_in_link(alpha, origin=ORIGIN, acting_user=None)
        assert mail.messages == []

    def test_needs_the_permission(
        self, staff_browser: Callable[..., Any], viewer: User, alpha: Client, mail: MailServer
    ) -> None:
        data = {"mail": "1"}
        assert staff_browser(viewer).post(url(alpha, self.PATH), data).status_code == 403
        with pytest.raises(NotAllowed):
            mail_sign_in_link(alpha, origin=ORIGIN, acting_user=viewer)
        assert mail.messages == []

    def test_a_get_sends_nothing(self, browser: Any, alpha: Client, mail: MailServer) -> None:
        browser.get(url(alpha, self.PATH), {"mail": "1"})
        assert mail.messages == []
