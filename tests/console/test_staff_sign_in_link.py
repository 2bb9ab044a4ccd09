"""A colleague of the staff gets a link instead of a password, shown or sent by mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from smtplib import SMTPDataError
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.accounts.roles import StaffRole
from console.history.models import LogEntry
from console.history.words import tell
from tenants.models import Client
from tests.conftest import Browser
from tests.console.test_accounts import text_of

StaffBrowser = Callable[..., Browser]
PASSWORD = "a-good-long-passphrase"


def page_of(user: User, page: str = "change") -> str:
    return f"/accounts/user/{user.pk}/{page}/"


def roles_of(user: User) -> list[int]:
    return sorted(user.groups.values_list("pk", flat=True))


def events_of(user: User) -> list[str]:
    """What the user's history has beside changes of fields, the first one first."""
    entries = LogEntry.objects.about(user).exclude(event="").order_by("pk")
    return [told.text for told in tell(entries.select_related("content_type"))]


class TestSignInLink:
    def shown(self, browser: Browser, user: User) -> str:
        page = text_of(browser.post(page_of(user, "sign-in-link")))
        found = re.search(r'value="(http://localhost/welcome/[^"]+)"', page)
        assert found, page
        return found[1]

    def test_sets_a_password_and_signs_in(
        self, staff_browser: StaffBrowser, staff_manager: User, staff_viewer: User
    ) -> None:
        link = self.shown(staff_browser(staff_manager), staff_viewer)
        colleague = staff_browser()
        page = colleague.get(urlsplit(link).path, follow=True)
        assert "Tenant Console" in text_of(page)
        form = {"new_password1": PASSWORD, "new_password2": PASSWORD}
        assert colleague.post(page.redirect_chain[-1][0], form)["Location"] == "/"
        assert colleague.get("/").status_code == 200
        staff_viewer.refresh_from_db()
        assert staff_viewer.check_password(PASSWORD)
        again = text_of(staff_browser().get(urlsplit(link).path, follow=True))
        assert "does not work any more" in again

    def test_asking_shows_and_writes_nothing(
        self, staff_browser: StaffBrowser, staff_manager: User, staff_viewer: User
    ) -> None:
        response = staff_browser(staff_manager).get(page_of(staff_viewer, "sign-in-link"))
        assert "/welcome/" not in text_of(response)
        assert events_of(staff_viewer) == []

    def test_that_it_was_shown_is_written_down_but_not_the_link(
        self, staff_browser: StaffBrowser, staff_manager: User, staff_viewer: User
    ) -> None:
        link = self.shown(staff_browser(staff_manager), staff_viewer)
        entry = LogEntry.objects.about(staff_viewer).get(event="user_link_shown")
        assert entry.additional_data == {"email": staff_viewer.email}
        assert entry.actor == staff_manager
        with connection.cursor() as cursor:
            token = link.rstrip("/").rpartition("/")[2]
            cursor.execute(
                "SELECT count(*) FROM history_logentry t WHERE t::text LIKE %s", [f"%{token}%"]
            )
            assert cursor.fetchone() == (0,)

    def test_is_for_those_who_have_every_right_of_the_user(
        self, staff_browser: StaffBrowser, staff_manager: User, operator: User
    ) -> None:
        """Whoever opens the link is that user."""
        browser = staff_browser(staff_manager)
        for method in (browser.get, browser.post):
            assert method(page_of(operator, "sign-in-link")).status_code == 403

    @pytest.mark.parametrize("who", ["staff_viewer", "staff_operator", "outsider"])
    def test_needs_the_right_to_change_users(
        self, who: str, staff_browser: StaffBrowser, request: pytest.FixtureRequest
    ) -> None:
        other = User.objects.create_user("other@console.example", is_staff=True)
        browser = staff_browser(request.getfixturevalue(who))
        for method in (browser.get, browser.post):
            assert method(page_of(other, "sign-in-link")).status_code == 403

    def test_ends_when_the_user_gets_more_rights(
        self, staff_browser: StaffBrowser, staff_manager: User, outsider: User
    ) -> None:
        """Whoever had the link shown could wait until the user may do more than they may."""
        link = self.shown(staff_browser(staff_manager), outsider)
        User.objects.filter(pk=outsider.pk).update(is_superuser=True)
        page = text_of(staff_browser().get(urlsplit(link).path, follow=True))
        assert "does not work any more" in page
        User.objects.filter(pk=outsider.pk).update(is_superuser=False)
        outsider.groups.add(StaffRole.OPERATOR.value)
        page = text_of(staff_browser().get(urlsplit(link).path, follow=True))
        assert "does not work any more" in page

    def test_ends_when_the_user_is_deactivated(
        self, staff_browser: StaffBrowser, staff_manager: User, outsider: User
    ) -> None:
        link = self.shown(staff_browser(staff_manager), outsider)
        User.objects.filter(pk=outsider.pk).update(is_active=False)
        page = text_of(staff_browser().get(urlsplit(link).path, follow=True))
        assert "does not work any more" in page

    @pytest.mark.parametrize("lost", ["is_active", "is_staff"])
    def test_there_is_none_for_somebody_who_may_not_sign_in(
        self, lost: str, staff_browser: StaffBrowser, staff_manager: User, outsider: User
    ) -> None:
        User.objects.filter(pk=outsider.pk).update(**{lost: False})
        browser = staff_browser(staff_manager)
        assert "sign-in-link" not in text_of(browser.get(page_of(outsider)))
        page = text_of(browser.post(page_of(outsider, "sign-in-link"), follow=True))
        assert "a link would lead nowhere" in page

    def test_nor_for_oneself(self, staff_browser: StaffBrowser, staff_manager: User) -> None:
        """A session that was left open must not be enough to change the password."""
        browser = staff_browser(staff_manager)
        assert "sign-in-link" not in text_of(browser.get(page_of(staff_manager)))
        page = text_of(browser.post(page_of(staff_manager, "sign-in-link"), follow=True))
        assert "change your own password under “Change password”" in page

    @pytest.mark.parametrize("key", ["99999999", "x", "-1", "1_2F"])
    def test_nobody_has_that_key(
        self, key: str, staff_browser: StaffBrowser, operator: User
    ) -> None:
        response = staff_browser(operator).post(f"/accounts/user/{key}/sign-in-link/")
        assert response.status_code == 302

    def test_a_tenants_admin_has_it_for_their_people(
        self, tenant_browser: Callable[..., Browser], alpha: Client, owner: User
    ) -> None:
        with schema_context("alpha"):
            person = User.objects.create_user("bob@alpha.example", is_staff=True)
        page = text_of(tenant_browser(alpha, owner).post(page_of(person, "sign-in-link")))
        assert "http://alpha.localhost/welcome/" in page


class TestSignInLinkByMail:
    @pytest.fixture(autouse=True)
    def _mail(self, settings: Any) -> None:
        settings.EMAIL_HOST = "mail.console.example"

    def test_is_sent_and_not_shown(
        self,
        staff_browser: StaffBrowser,
        staff_manager: User,
        staff_viewer: User,
        mailoutbox: list[EmailMessage],
    ) -> None:
        browser = staff_browser(staff_manager)
        page = text_of(browser.get(page_of(staff_viewer, "sign-in-link")))
        assert "Send it by mail" in page
        url = page_of(staff_viewer, "sign-in-link")
        page = text_of(browser.post(url, {"mail": "1"}, follow=True))
        assert f"The link was sent to {staff_viewer.email}." in page
        [message] = mailoutbox
        assert message.to == [staff_viewer.email]
        assert message.subject == "Your way in to Tenant Console"
        found = re.search(r"http://localhost(/welcome/\S+)", message.body)
        assert found
        assert found[1] not in page
        opened = text_of(staff_browser().get(found[1], follow=True))
        assert "new_password1" in opened
        assert events_of(staff_viewer) == [
            f"Sign-in link being sent to {staff_viewer.email}",
            f"Sign-in link sent to {staff_viewer.email}",
        ]

    def test_is_written_down_before_the_server_is_spoken_to(
        self,
        staff_browser: StaffBrowser,
        staff_manager: User,
        staff_viewer: User,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        seen: list[list[str]] = []

        def send(self: EmailMessage, **options: Any) -> int:
            seen.append(events_of(staff_viewer))
            return 1

        monkeypatch.setattr(EmailMessage, "send", send)
        staff_browser(staff_manager).post(page_of(staff_viewer, "sign-in-link"), {"mail": "1"})
        assert seen == [[f"Sign-in link being sent to {staff_viewer.email}"]]

    def test_a_server_that_refuses_is_said_and_written_down(
        self,
        staff_browser: StaffBrowser,
        staff_manager: User,
        staff_viewer: User,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def refuse(self: EmailMessage, **options: Any) -> int:
            raise SMTPDataError(554, self.body.encode())

        monkeypatch.setattr(EmailMessage, "send", refuse)
        url = page_of(staff_viewer, "sign-in-link")
        page = text_of(staff_browser(staff_manager).post(url, {"mail": "1"}, follow=True))
        assert "did not take the message" in page
        assert "SMTPDataError 554" in caplog.text
        assert "/welcome/" not in caplog.text + page
        assert events_of(staff_viewer) == [
            f"Sign-in link being sent to {staff_viewer.email}",
            f"Sign-in link to {staff_viewer.email} could not be sent",
        ]

    def test_is_not_offered_without_a_server(
        self,
        staff_browser: StaffBrowser,
        staff_manager: User,
        staff_viewer: User,
        settings: Any,
        mailoutbox: list[EmailMessage],
    ) -> None:
        settings.EMAIL_HOST = ""
        browser = staff_browser(staff_manager)
        url = page_of(staff_viewer, "sign-in-link")
        assert "Send it by mail" not in text_of(browser.get(url))
        page = text_of(browser.post(url, {"mail": "1"}, follow=True))
        assert "The console has no mail server" in page
        assert "/welcome/" not in page
        assert mailoutbox == []
        assert events_of(staff_viewer) == []

    def test_needs_the_right_to_manage_the_user(
        self,
        staff_browser: StaffBrowser,
        staff_manager: User,
        operator: User,
        mailoutbox: list[EmailMessage],
    ) -> None:
        url = page_of(operator, "sign-in-link")
        assert staff_browser(staff_manager).post(url, {"mail": "1"}).status_code == 403
        assert mailoutbox == []
