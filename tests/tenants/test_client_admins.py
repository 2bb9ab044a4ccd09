"""The admins of a tenant on the client's page: who they are, one more, their links and mails."""

from __future__ import annotations

import logging
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.html import strip_tags
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.models import LogEntry
from console.history.record import record_event
from tenants.exceptions import AdminExists, MailNotSent, MailNotSet, NotAllowed
from tenants.models import Client
from tenants.operations import lifecycle
from tenants.operations.invite import add_tenant_admin, mail_sign_in_link
from tests.database import make_client
from tests.tenants.client_pages import change

ORIGIN = "http://localhost:8000"
BEA = {"name": "Bea Second", "email": "Bea@Alpha.example"}


def url(client: Client, path: str) -> str:
    return f"/tenants/client/{client.pk}/{path}/"


@pytest.fixture
def browser(staff_browser: Callable[..., Any], operator: User) -> Any:
    return staff_browser(operator)


@pytest.fixture
def bea(alpha: Client) -> User:
    return add_tenant_admin(alpha, **BEA, acting_user=None)


def panel(browser: Any, client: Client) -> str:
    page = browser.get(change(client)).content.decode()
    found = re.search(r'aria-labelledby="client-admins">(.*?)</section>', page, re.DOTALL)
    return " ".join(strip_tags(found[1]).split()) if found else ""


class TestThePanel:
    def test_lists_them(self, browser: Any, alpha: Client, bea: User) -> None:
        with schema_context("alpha"):
            ada = User.objects.get(email="ada@alpha.example")
            ada.set_password("x")
            ada.last_login = timezone.now()
            ada.save()
            User.objects.create_user("worker@alpha.example", "pw", is_staff=True)
            User.objects.create_superuser("gone@alpha.example", is_active=False)
        text = panel(browser, alpha)
        assert re.search(r"Ada Owner ada@alpha\.example Last signed in .* UTC Sign-in link", text)
        assert "Bea Second bea@alpha.example Never signed in · has set no password" in text
        assert "worker@" not in text
        assert "gone@" not in text

    def test_is_for_those_who_may_invite(
        self, staff_browser: Callable[..., Any], viewer: User, alpha: Client
    ) -> None:
        assert panel(staff_browser(viewer), alpha) == ""

    def test_of_a_closed_client_offers_nothing(self, browser: Any, alpha: Client) -> None:
        lifecycle.suspend(alpha, acting_user=None)
        text = panel(browser, alpha)
        assert "ada@alpha.example" in text
        assert "Sign-in link" not in text
        assert "Add admin" not in text


class TestAddingOne:
    PATH = "add-admin"

    def test_adds_an_admin_without_a_password(
        self, browser: Any, alpha: Client, operator: User
    ) -> None:
        assert browser.get(url(alpha, self.PATH)).status_code == 200
        response = browser.post(url(alpha, self.PATH), BEA)
        assert response.headers["Location"].endswith("sign-in-link/?email=bea%40alpha.example")
        with schema_context("alpha"):
            user = User.objects.get(email="bea@alpha.example")
            assert (user.name, user.is_superuser, user.is_staff) == ("Bea Second", True, True)
            assert not user.has_usable_password()
        entry = LogEntry.objects.about(alpha)[0]
        assert (entry.event, entry.actor_email) == ("tenant_admin_added", operator.email)
        assert not User.objects.filter(email="bea@alpha.example").exists()  # Not of the staff.

    @pytest.mark.parametrize(
        ("rights", "message"),
        [
            ({"is_superuser": True, "is_staff": True}, "is an admin of Alpha already"),
            ({"is_superuser": False, "is_staff": True}, "but is no admin there"),
            ({"is_superuser": True, "is_active": False}, "which is not active"),
        ],
    )
    def test_a_user_who_is_there_is_said_to_be(
        self, browser: Any, alpha: Client, rights: dict[str, bool], message: str
    ) -> None:
        with schema_context("alpha"):
            User.objects.create_user("bea@alpha.example", "pw", **rights)
        page = browser.post(url(alpha, self.PATH), BEA)
        assert page.status_code == 200
        assert message in page.content.decode()
        assert "Bea@Alpha.example" in page.content.decode()  # What was typed is not lost.
        with schema_context("alpha"):
            assert User.objects.filter(email="bea@alpha.example").count() == 1
        assert not LogEntry.objects.filter(event="tenant_admin_added").exists()

    @pytest.mark.parametrize("data", [{"name": "", "email": "a@b.example"}, {**BEA, "email": "x"}])
    def test_bad_input_is_said_beside_the_field(
        self, browser: Any, alpha: Client, data: dict[str, str]
    ) -> None:
        page = browser.post(url(alpha, self.PATH), data)
        assert page.status_code == 200
        assert page.context["form"].errors
        with schema_context("alpha"):
            assert User.objects.count() == 1

    def test_needs_the_permission(
        self, staff_browser: Callable[..., Any], viewer: User, alpha: Client
    ) -> None:
        browser = staff_browser(viewer)
        assert browser.get(url(alpha, self.PATH)).status_code == 403
        assert browser.post(url(alpha, self.PATH), BEA).status_code == 403
        with pytest.raises(NotAllowed):
            add_tenant_admin(alpha, **BEA, acting_user=viewer)
        viewer.user_permissions.add(Permission.objects.get(codename="invite_client_admin"))
        assert staff_browser(viewer).post(url(alpha, self.PATH), BEA).status_code == 302

    def test_not_to_a_closed_client(self, browser: Any, alpha: Client) -> None:
        lifecycle.suspend(alpha, acting_user=None)
        for method in (browser.get, browser.post):
            response = method(url(alpha, self.PATH), BEA, follow=True)
            assert "are closed (Suspended)" in response.content.decode()

    def test_not_to_a_client_without_a_schema(self, browser: Any, db: None) -> None:
        draft = make_client("gamma", ready=False)
        response = browser.post(url(draft, self.PATH), BEA, follow=True)
        assert "has no schema yet" in response.content.decode()

    def test_two_at_the_same_time_add_one(
        self, alpha: Client, bea: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tenants.operations.invite._refuse_double", lambda *args: None)
        with pytest.raises(AdminExists):
            add_tenant_admin(alpha, **BEA, acting_user=None)


class TestLinks:
    PATH = "sign-in-link"

    def test_of_any_admin(self, browser: Any, alpha: Client, bea: User) -> None:
        page = browser.get(url(alpha, self.PATH), {"email": bea.email})
        assert "A sign-in link for Bea Second?" in page.content.decode()
        page = browser.post(url(alpha, self.PATH), {"email": bea.email})
        assert page.context["link"].startswith("http://alpha.localhost/welcome/")
        entry = LogEntry.objects.about(alpha)[0]
        assert entry.additional_data == {"email": bea.email}

    def test_of_nobody_else(self, browser: Any, alpha: Client) -> None:
        with schema_context("alpha"):
            User.objects.create_user("worker@alpha.example", "pw", is_staff=True)
        for email in ("worker@alpha.example", "nobody@alpha.example"):
            for method in (browser.get, browser.post):
                response = method(url(alpha, self.PATH), {"email": email}, follow=True)
                assert f"has no active admin {email}" in response.content.decode()
        assert not LogEntry.objects.filter(event="sign_in_link_shown").exists()

    @pytest.mark.parametrize("step", ["suspend", "archive"])
    def test_not_into_pages_that_are_closed(self, browser: Any, alpha: Client, step: str) -> None:
        details = {"removal_on": timezone.localdate()} if step == "archive" else {}
        getattr(lifecycle, step)(alpha, acting_user=None, **details)
        response = browser.post(url(alpha, self.PATH), follow=True)
        assert "are closed" in response.content.decode()

    def test_not_where_the_schema_is_gone(self, browser: Any, alpha: Client) -> None:
        Client.objects.filter(pk=alpha.pk).update(schema_name="never_made")
        response = browser.post(url(alpha, self.PATH), follow=True)
        assert "does not answer at the moment" in response.content.decode()


def written(client: Client) -> list[str]:
    """The events of the client's history that are about links, the first one first."""
    entries = LogEntry.objects.about(client).filter(event__startswith="sign_in_link")
    return [entry.event for entry in entries.order_by("pk")]


class MailServer(socketserver.ThreadingTCPServer):
    """As much of SMTP as a client needs; keeps what it took, or refuses with ``refuses``."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MailSession)
        self.messages: list[EmailMessage] = []
        self.refuses = ""

    @property
    def message(self) -> EmailMessage:
        (message,) = self.messages
        return message


class MailSession(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.say("220 ready")
        for raw in self.rfile:
            word = raw.decode().strip().upper()
            if word == "DATA":
                self.say("354 go on")
                self.take()
            elif word.startswith("QUIT"):
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def take(self) -> None:
        lines = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            lines.append(raw)
        taken = b"".join(lines)
        if self.server.refuses:
            # Some servers repeat what they refuse.
            self.say(f"{self.server.refuses} {' '.join(taken.decode().split())}")
            return
        parsed = message_from_bytes(taken, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.server.messages.append(parsed)
        self.say("250 taken")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    """A mail server that the console is told of."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.server_address[1]
        settings.DEFAULT_FROM_EMAIL = "console@example.com"
        yield server
        server.shutdown()
        thread.join()


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
