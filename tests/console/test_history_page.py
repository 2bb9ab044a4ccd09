"""The log page: who may read which entries, and how one is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import User
from console.history.acting import acting_as
from console.history.models import LogEntry
from console.history.record import record_event
from tenants.models import Client, Domain, Plan

LOG = "/history/logentry/"


@pytest.fixture
def changes(alpha: Client, operator: User) -> None:
    """Olga renames alpha and gives it a domain; somebody in a terminal adds a plan."""
    LogEntry.objects.all().delete()
    with acting_as(operator):
        alpha.name = "Alpha Ltd"
        alpha.save()
        Domain.objects.create(tenant=alpha, domain="a.example", is_primary=False)
    Plan.objects.create(code="solo", name="Solo")


def shown(browser: Any, **query: Any) -> list[str]:
    """What each line of the list says."""
    entries = browser.get(LOG, query).context["cl"].result_list
    return [entry.told.text or "; ".join(map(str, entry.told.changes)) for entry in entries]


RENAMED = "Name: Alpha \N{RIGHTWARDS ARROW} Alpha Ltd"
ADDED = "Domain a.example added"
PLAN = "Plan Solo added"


class TestTheList:
    def test_has_everything_the_newest_first(self, browser: Any, changes: None) -> None:
        assert shown(browser) == [PLAN, ADDED, RENAMED]

    def test_says_what_happened_beside_the_name_without_saying_the_name_again(
        self, browser: Any, changes: None
    ) -> None:
        response = browser.get(LOG)
        said = [entry.told.beside_name for entry in response.context["cl"].result_list]
        assert said == ["Added", "Added", ""]
        assert ADDED not in response.content.decode()

    def test_says_who_when_and_links_to_what(
        self, browser: Any, changes: None, alpha: Client, operator: User
    ) -> None:
        text = browser.get(LOG).content.decode()
        assert operator.email in text
        assert "an operator, in a terminal" in text
        assert f'href="/tenants/client/{alpha.pk}/change/"' in text
        assert "UTC" in text

    def test_has_no_link_to_the_console_which_has_no_page(self, browser: Any, db: None) -> None:
        public = Client.objects.get(schema_name="public")
        assert LogEntry.objects.about(public).exists()
        text = browser.get(LOG).content.decode()
        assert f"/tenants/client/{public.pk}/change/" not in text

    def test_has_no_link_to_what_is_gone(self, browser: Any, changes: None) -> None:
        domain = Domain.objects.get(domain="a.example")
        domain.delete()
        assert f"/tenants/domain/{domain.pk}/change/" not in browser.get(LOG).content.decode()

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"kind": "tenants.domain"}, [ADDED]),
            ({"kind": "nonsense"}, [PLAN, ADDED, RENAMED]),
            ({"what": "changed"}, [RENAMED]),
            ({"what": "added"}, [PLAN, ADDED]),
            ({"what": "removed"}, []),
            ({"what": "nonsense"}, [PLAN, ADDED, RENAMED]),
            ({"who": "olga@console.example"}, [ADDED, RENAMED]),
            ({"who": "terminal"}, [PLAN]),
            ({"who": "nobody@console.example"}, []),
            ({"timestamp_from": "2026-13-45"}, [PLAN, ADDED, RENAMED]),
            ({"timestamp_to": "9999-12-31"}, [PLAN, ADDED, RENAMED]),
            ({"timestamp_to": "2020-01-01"}, []),
            ({"q": "a.example"}, [ADDED]),
            ({"q": "Alpha Ltd"}, [RENAMED]),
            ({"q": "olga@"}, [ADDED, RENAMED]),
        ],
    )
    def test_can_be_narrowed(
        self, browser: Any, changes: None, query: dict[str, str], expected: list[str]
    ) -> None:
        assert shown(browser, **query) == expected

    def test_days_are_whole_days(self, browser: Any, changes: None) -> None:
        today = timezone.localdate()
        yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
        assert len(shown(browser, timestamp_from=today, timestamp_to=today)) == 3
        assert shown(browser, timestamp_from=tomorrow) == []
        assert shown(browser, timestamp_to=yesterday) == []

    def test_finds_events_by_name(self, browser: Any, changes: None, alpha: Client) -> None:
        record_event(alpha, "sign_in_link_shown", email="ada@alpha.example")
        assert shown(browser, what="sign_in_link_shown") == [
            "Sign-in link of ada@alpha.example shown"
        ]
        assert len(shown(browser, q="ada@alpha")) == 1

    def test_of_one_client_has_its_domains(
        self, browser: Any, changes: None, alpha: Client
    ) -> None:
        subject = f"tenants.client:{alpha.pk}"
        assert shown(browser, subject=subject) == [ADDED, RENAMED]
        text = browser.get(LOG, {"subject": subject}).content.decode()
        assert "Only the history of <strong>Alpha Ltd</strong> is shown." in text

    def test_costs_the_same_however_much_there_is(
        self, browser: Any, changes: None, alpha: Client
    ) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as captured:
                browser.get(LOG)
            return len(captured)

        alpha.plan = Plan.objects.create(code="p0", name="P0")
        alpha.save()
        count()
        few = count()
        for number in range(1, 12):
            alpha.plan = Plan.objects.create(code=f"p{number}", name=f"P{number}")
            alpha.save()
            Domain.objects.create(tenant=alpha, domain=f"d{number}.example", is_primary=False)
        assert count() == few

    def test_offers_what_can_be_chosen_before_it_was_written(
        self, browser: Any, changes: None, staff_viewer: User
    ) -> None:
        """The choices are not read from the entries: that would be a walk through all of them."""
        LogEntry.objects.all().delete()
        text = browser.get(LOG).content.decode()
        for value in ("tenants.plan", "archived", "sign_in_link_sent", staff_viewer.email):
            assert f'<option value="{value}">' in text

    def test_never_reads_the_whole_log_for_its_filters(self, browser: Any, changes: None) -> None:
        browser.get(LOG)
        with CaptureQueriesContext(connection) as captured:
            browser.get(LOG, {"kind": "tenants.plan", "what": "added", "who": "terminal"})
        entries = [q["sql"] for q in captured if 'FROM "history_logentry"' in q["sql"]]
        assert len(entries) == 2  # How many there are, and those of the page.
        assert "DISTINCT" not in "".join(entries)

    def test_has_a_title_and_keeps_the_order(self, browser: Any, changes: None) -> None:
        assert browser.get(LOG).context["title"] == "History"
        browser.get(LOG, {"o": "0"})
        assert shown(browser) == [RENAMED, ADDED, PLAN]


class TestOneEntry:
    def url(self, entry: LogEntry) -> str:
        return f"{LOG}{entry.pk}/change/"

    def test_has_before_and_after(self, browser: Any, changes: None, alpha: Client) -> None:
        entry = LogEntry.objects.about(alpha).filter(action=LogEntry.Action.UPDATE)[0]
        text = " ".join(browser.get(self.url(entry)).content.decode().split())
        assert '<th scope="row">Name</th> <td>Alpha</td> <td>Alpha Ltd</td>' in text

    def test_of_what_was_added_has_no_before(self, browser: Any, changes: None) -> None:
        entry = LogEntry.objects.get(object_repr="Solo")
        text = browser.get(self.url(entry)).content.decode()
        assert '<th scope="row">Code</th>' in text
        assert "Before" not in text

    def test_that_is_not_there(self, browser: Any, db: None) -> None:
        assert browser.get(f"{LOG}999999/change/").status_code == 302
        assert browser.get(f"{LOG}nonsense/change/").status_code == 302

    def test_cannot_be_changed(self, browser: Any, changes: None) -> None:
        entry = LogEntry.objects.latest()
        assert browser.post(self.url(entry), {"event": "x"}).status_code == 403
        assert browser.post(f"{LOG}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
        assert browser.get(f"{LOG}add/").status_code == 403
        action = {"action": "delete_selected", "_selected_action": entry.pk, "post": "yes"}
        browser.post(LOG, action)
        assert LogEntry.objects.filter(pk=entry.pk).exists()


class TestWhoMayRead:
    def test_needs_the_permission(
        self, staff_browser: Callable[..., Any], outsider: User, changes: None
    ) -> None:
        entry = LogEntry.objects.latest()
        rights = ["view_client", "view_domain", "view_plan"]
        outsider.user_permissions.set(Permission.objects.filter(codename__in=rights))
        browser = staff_browser(outsider)
        assert browser.get(LOG).status_code == 403
        assert browser.get(f"{LOG}{entry.pk}/change/").status_code == 403
        assert LOG not in browser.get("/tenants/client/").content.decode()

    def test_a_viewer_reads_it(
        self, staff_browser: Callable[..., Any], viewer: User, changes: None
    ) -> None:
        browser = staff_browser(viewer)
        assert shown(browser) == [PLAN, ADDED, RENAMED]
        assert f'href="{LOG}"' in browser.get("/").content.decode()

    def test_nobody_reads_of_what_they_may_not_see(
        self, staff_browser: Callable[..., Any], outsider: User, changes: None
    ) -> None:
        rights = ["view_client", "view_logentry"]
        outsider.user_permissions.set(Permission.objects.filter(codename__in=rights))
        browser = staff_browser(outsider)
        assert shown(browser) == [RENAMED]
        hidden = LogEntry.objects.get(object_repr="Solo")
        assert browser.get(f"{LOG}{hidden.pk}/change/").status_code == 302
        kinds = browser.get(LOG).content.decode()
        assert "tenants.plan" not in kinds
