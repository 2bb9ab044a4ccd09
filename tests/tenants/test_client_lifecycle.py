"""The buttons that close a client and open it again, and what each page says before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from console.accounts.models import User
from console.history.models import LogEntry
from tenants.models import Client, ClientStatus, OperationKind
from tenants.operations import lifecycle
from tenants.operations.request import request_operation
from tests.database import make_client

PATHS = ["suspend", "reactivate", "archive", "removal-date", "restore", "drop-schema"]
RIGHTS = {
    "suspend": "suspend_client",
    "reactivate": "suspend_client",
    "archive": "archive_client",
    "removal-date": "archive_client",
    "restore": "archive_client",
    "drop-schema": "drop_client",
}


def url(client: Client, path: str) -> str:
    return f"/tenants/client/{client.pk}/{path}/"


def day(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


@pytest.fixture
def suspended(alpha: Client) -> Client:
    return lifecycle.suspend(alpha, acting_user=None)


@pytest.fixture
def archived(alpha: Client) -> Client:
    return lifecycle.archive(alpha, removal_on=timezone.localdate(), acting_user=None)


def fitting(path: str, alpha: Client) -> Client:
    """Alpha in a state in which this page can be used."""
    if path == "reactivate":
        return lifecycle.suspend(alpha, acting_user=None)
    if path in ("restore", "removal-date", "drop-schema"):
        return lifecycle.archive(alpha, removal_on=timezone.localdate(), acting_user=None)
    return alpha


def text_after(response: Any) -> str:
    return str(response.content.decode())


class TestAsking:
    @pytest.mark.parametrize("path", PATHS)
    def test_a_get_changes_nothing(self, browser: Any, alpha: Client, path: str) -> None:
        client = fitting(path, alpha)
        before, entries = client.status, LogEntry.objects.count()
        page = browser.get(url(client, path))
        assert page.status_code == 200
        assert '<form method="post"' in text_after(page)
        assert f"{client}?" in " ".join(text_after(page).split())
        client.refresh_from_db()
        assert (client.status, LogEntry.objects.count()) == (before, entries)
        assert not client.operations.open().exists()

    @pytest.mark.parametrize("path", PATHS)
    def test_needs_the_permission(
        self, staff_browser: Callable[..., Any], viewer: User, alpha: Client, path: str
    ) -> None:
        client = fitting(path, alpha)
        others = set(RIGHTS.values()) - {RIGHTS[path]}
        viewer.user_permissions.add(*Permission.objects.filter(codename__in=others))
        browser = staff_browser(viewer)
        assert browser.get(url(client, path)).status_code == 403
        assert browser.post(url(client, path)).status_code == 403
        before = client.status
        client.refresh_from_db()
        assert client.status == before

    @pytest.mark.parametrize("path", PATHS)
    def test_that_permission_is_enough(
        self, staff_browser: Callable[..., Any], viewer: User, alpha: Client, path: str
    ) -> None:
        viewer.user_permissions.add(Permission.objects.get(codename=RIGHTS[path]))
        assert staff_browser(viewer).get(url(fitting(path, alpha), path)).status_code == 200

    @pytest.mark.parametrize("path", PATHS)
    def test_the_console_itself_has_no_such_page(self, browser: Any, db: None, path: str) -> None:
        console = Client.objects.get(schema_name="public")
        for method in (browser.get, browser.post):
            response = method(url(console, path), follow=True)
            assert "was deleted" in text_after(response)

    @pytest.mark.parametrize("path", PATHS)
    def test_an_unknown_client(self, browser: Any, db: None, path: str) -> None:
        assert browser.post(f"/tenants/client/999999/{path}/").status_code == 302

    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("reactivate", "is not suspended"),
            ("removal-date", "is not archived"),
            ("restore", "is not archived"),
            ("drop-schema", "is not archived"),
        ],
    )
    def test_what_does_not_fit_is_said(
        self, browser: Any, alpha: Client, path: str, message: str
    ) -> None:
        for method in (browser.get, browser.post):
            assert message in text_after(method(url(alpha, path), follow=True))


class TestSuspending:
    def test_closes_it_and_keeps_the_reason(
        self, browser: Any, alpha: Client, operator: User
    ) -> None:
        response = browser.post(
            url(alpha, "suspend"), {"reason": "Invoice 17 is not paid"}, follow=True
        )
        assert "Alpha is suspended." in text_after(response)
        alpha.refresh_from_db()
        assert alpha.status == ClientStatus.SUSPENDED
        entry = LogEntry.objects.about(alpha)[0]
        assert (entry.event, entry.actor_email) == ("suspended", operator.email)
        assert entry.additional_data == {"reason": "Invoice 17 is not paid"}
        assert entry.changes == {"status": ["active", "suspended"]}

    def test_the_client_says_since_when_and_why(self, browser: Any, alpha: Client) -> None:
        lifecycle.suspend(alpha, reason="Invoice 4711", acting_user=None)
        page = browser.get(f"/tenants/client/{alpha.pk}/change/").content.decode()
        assert ": Invoice 4711" in page

    def test_twice_is_refused(self, browser: Any, suspended: Client) -> None:
        response = browser.post(url(suspended, "suspend"), follow=True)
        assert "is not active" in text_after(response)

    def test_a_reason_that_is_too_long_stays_in_the_form(self, browser: Any, alpha: Client) -> None:
        page = browser.post(url(alpha, "suspend"), {"reason": "x" * 501})
        assert page.status_code == 200
        assert "x" * 501 in text_after(page)
        alpha.refresh_from_db()
        assert alpha.status == ClientStatus.ACTIVE

    def test_reactivating_opens_it(self, browser: Any, suspended: Client) -> None:
        response = browser.post(url(suspended, "reactivate"), follow=True)
        assert "Alpha is active again." in text_after(response)
        suspended.refresh_from_db()
        assert suspended.status == ClientStatus.ACTIVE
        assert LogEntry.objects.about(suspended)[0].event == "reactivated"


class TestArchiving:
    def test_offers_thirty_days(self, browser: Any, alpha: Client) -> None:
        text = text_after(browser.get(url(alpha, "archive")))
        assert f'value="{day(30)}"' in text
        # Only the hosts of a suspended client say that they are closed; these are unknown.
        assert "answer as if nobody had them" in text
        assert "They see a page that says so" not in text

    def test_archives(self, browser: Any, alpha: Client) -> None:
        response = browser.post(url(alpha, "archive"), {"removal_on": day(7)}, follow=True)
        assert "Alpha is archived" in text_after(response)
        alpha.refresh_from_db()
        assert alpha.status == ClientStatus.ARCHIVED
        assert alpha.removal_on is not None
        assert alpha.removal_on.isoformat() == day(7)

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (day(-1), "lies in the past"),
            ("", "This field is required"),
            ("31.12.2030", "Enter a valid date"),
        ],
    )
    def test_a_wrong_day_is_said_beside_the_field(
        self, browser: Any, alpha: Client, value: str, message: str
    ) -> None:
        page = browser.post(url(alpha, "archive"), {"removal_on": value})
        assert page.status_code == 200
        assert message in text_after(page)
        alpha.refresh_from_db()
        assert alpha.status == ClientStatus.ACTIVE

    def test_not_twice(self, browser: Any, archived: Client) -> None:
        response = browser.post(url(archived, "archive"), {"removal_on": day(9)}, follow=True)
        assert "is archived" in text_after(response)
        archived.refresh_from_db()
        assert archived.removal_on == timezone.localdate()

    def test_not_while_an_operation_is_open(self, browser: Any, alpha: Client) -> None:
        operation = request_operation(alpha, OperationKind.MIGRATE_SCHEMA, acting_user=None)
        response = browser.post(url(alpha, "archive"), {"removal_on": day(9)}, follow=True)
        assert f'href="/tenants/operation/{operation.pk}/change/"' in text_after(response)
        alpha.refresh_from_db()
        assert alpha.status == ClientStatus.ACTIVE

    def test_the_day_can_be_changed(self, browser: Any, archived: Client) -> None:
        browser.post(url(archived, "removal-date"), {"removal_on": day(90)})
        archived.refresh_from_db()
        assert archived.removal_on is not None
        assert archived.removal_on.isoformat() == day(90)
        assert LogEntry.objects.about(archived)[0].event == "removal_date_changed"

    def test_no_day_without_data(self, browser: Any, db: None) -> None:
        draft = make_client("gamma", ready=False)
        lifecycle.archive(draft, removal_on=timezone.localdate(), acting_user=None)
        page = browser.get(url(draft, "removal-date"), follow=True).content.decode()
        assert "has no schema yet" in page

    def test_a_draft_is_archived_without_a_day_for_data_that_it_has_not(
        self, browser: Any, db: None
    ) -> None:
        draft = make_client("gamma", ready=False)
        page = text_after(browser.get(url(draft, "archive")))
        assert "there is no data to keep" in page
        assert "removal_on" not in page
        text = text_after(browser.post(url(draft, "archive"), follow=True))
        assert "Gamma is archived." in text
        assert "kept until" not in text
        draft.refresh_from_db()
        assert (draft.status, draft.removal_on) == (ClientStatus.ARCHIVED, None)
        assert "Archived, without a schema" in text

    def test_restoring_makes_it_what_it_was(self, browser: Any, suspended: Client) -> None:
        browser.post(url(suspended, "archive"), {"removal_on": day(1)})
        page = browser.get(url(suspended, "restore"))
        assert "suspended again" in text_after(page)
        response = browser.post(url(suspended, "restore"), follow=True)
        assert "Its status: Suspended." in text_after(response)
        suspended.refresh_from_db()
        assert (suspended.status, suspended.removal_on) == (ClientStatus.SUSPENDED, None)


class TestWhatIsOffered:
    def offered(self, browser: Any, client: Client) -> list[str]:
        titles: list[str] = []
        for entry in browser.get(url(client, "change")).context["actions_detail"]:
            titles += [str(item["title"]) for item in entry.get("items", [entry])]
        return titles

    def test_to_those_who_may_everything(self, browser: Any, alpha: Client) -> None:
        assert self.offered(browser, alpha) == [
            "Migrate schema",
            "Sign-in link",
            "Import data",
            "Add admin",
            "Suspend",
            "Archive",
        ]
        lifecycle.suspend(alpha, acting_user=None)
        assert self.offered(browser, alpha) == ["Reactivate", "Import data", "Archive"]
        lifecycle.archive(alpha, removal_on=timezone.localdate(), acting_user=None)
        assert self.offered(browser, alpha) == ["Restore", "Change removal date", "Drop schema"]

    def test_a_schema_is_not_dropped_before_its_day(self, browser: Any, alpha: Client) -> None:
        later = timezone.localdate() + timedelta(days=1)
        lifecycle.archive(alpha, removal_on=later, acting_user=None)
        assert "Drop schema" not in self.offered(browser, alpha)
        response = browser.get(url(alpha, "drop-schema"), follow=True)
        assert "is kept until" in text_after(response)

    def test_of_a_draft(self, browser: Any, db: None) -> None:
        draft = make_client("gamma", ready=False)
        assert self.offered(browser, draft) == ["Create schema", "Archive"]

    def test_by_right(self, staff_browser: Callable[..., Any], viewer: User, alpha: Client) -> None:
        viewer.user_permissions.add(Permission.objects.get(codename="suspend_client"))
        assert self.offered(staff_browser(viewer), alpha) == ["Suspend"]
