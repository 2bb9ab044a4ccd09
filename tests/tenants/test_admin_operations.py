"""The staff's list of operations, and the page that follows one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import User
from tenants import stats
from tenants.models import Client, Operation, OperationKind, OperationState
from tenants.operations import lifecycle
from tenants.operations.lifecycle import suspend
from tenants.operations.progress import log
from tenants.operations.request import cancel_operation, request_operation, retry_operation
from tenants.operations.run import fail, run_operation
from tests.database import make_client


@pytest.fixture
def operation(operator: User) -> Operation:
    draft = make_client("gamma", ready=False)
    return request_operation(draft, OperationKind.CREATE_SCHEMA, acting_user=operator)


def url(operation: Operation, path: str = "change") -> str:
    return f"/tenants/operation/{operation.pk}/{path}/"


class TestFollowing:
    def test_follows_an_open_operation(self, browser: Any, operation: Operation) -> None:
        page = browser.get(url(operation))
        text = page.content.decode()
        assert f'hx-get="{url(operation, "live")}?seen=' in text
        assert '<noscript><meta http-equiv="refresh"' in text
        assert 'aria-live="polite"' in text
        assert "Waiting for a worker." in text
        assert "olga@console.example" in text
        assert "no-store" in page.headers["Cache-Control"]

    def test_the_live_part_while_it_is_open(self, browser: Any, operation: Operation) -> None:
        page = browser.get(url(operation, "live"))
        assert page.status_code == 200
        assert "<html" not in page.content.decode()
        assert "no-store" in page.headers["Cache-Control"]
        seen = {"seen": page.context["version"]}
        assert browser.get(url(operation, "live"), seen).status_code == 204
        log(operation, "A step <b>further</b>.")
        page = browser.get(url(operation, "live"), seen)
        assert page.status_code == 200
        assert "A step &lt;b&gt;further&lt;/b&gt;." in page.content.decode()

    def test_the_live_part_ends_with_what_comes_next(
        self, browser: Any, operation: Operation
    ) -> None:
        run_operation(operation.pk)
        page = browser.get(url(operation, "live"), headers={"host": "localhost:8123"})
        assert page.status_code == 286
        text = page.content.decode()
        assert "hx-get" not in text
        assert 'href="http://gamma.localhost:8123"' in text
        assert f"/tenants/client/{operation.client_id}/sign-in-link/" in text
        assert "http-equiv" not in browser.get(url(operation)).content.decode()

    def test_a_failure_is_plain_with_the_detail_folded(
        self, browser: Any, operation: Operation
    ) -> None:
        fail(operation, ValueError("<pg> said no"))
        page = browser.get(url(operation, "live"))
        assert page.status_code == 286
        text = page.content.decode()
        assert "everything it had begun was undone" in text
        assert "<details>" in text
        assert "ValueError: &lt;pg&gt; said no" in text
        assert "Try again" in text

    def test_names_the_steps_and_how_far_it_is(self, browser: Any, operation: Operation) -> None:
        assert {step["state"] for step in browser.get(url(operation)).context["steps"]} == {"todo"}
        run_operation(operation.pk)
        page = browser.get(url(operation))
        assert {step["state"] for step in page.context["steps"]} == {"done"}
        assert '<span class="tenants-hidden">, done</span>' in page.content.decode()

    def test_says_that_it_waits_for_a_suspended_client(
        self, browser: Any, alpha: Client, operator: User
    ) -> None:
        operation = request_operation(alpha, OperationKind.MIGRATE_SCHEMA, acting_user=operator)
        assert "is suspended" not in browser.get(url(operation)).content.decode()
        seen = {"seen": browser.get(url(operation, "live")).context["version"]}
        suspend(alpha, acting_user=operator)
        page = browser.get(url(operation, "live"), seen)
        assert page.status_code == 200
        assert "Alpha is suspended. This waits until it is reactivated" in page.content.decode()

    def test_offers_no_way_into_pages_that_are_closed_by_now(
        self, browser: Any, operation: Operation, operator: User
    ) -> None:
        run_operation(operation.pk)
        suspend(operation.client, acting_user=operator)
        text = browser.get(url(operation)).content.decode()
        assert "Open the tenant" not in text
        assert "Go to the client" in text

    def test_what_comes_after_a_cancelled_one(
        self, browser: Any, operation: Operation, operator: User
    ) -> None:
        cancel_operation(operation, acting_user=operator)
        page = browser.get(url(operation, "live"))
        assert page.status_code == 286
        text = page.content.decode()
        assert "Nothing was done" in text
        assert f'href="/tenants/client/{operation.client_id}/change/"' in text

    def test_what_comes_after_a_drop(self, browser: Any, alpha: Client) -> None:
        gone = Operation.objects.create(
            kind=OperationKind.DROP_SCHEMA, client=alpha, state=OperationState.SUCCEEDED
        )
        text = browser.get(url(gone)).content.decode()
        assert "are gone" in text
        assert "Open the tenant" not in text

    def test_a_signed_out_browser_loads_the_page_again(
        self, staff_browser: Callable[..., Any], operation: Operation, outsider: User
    ) -> None:
        for browser in (staff_browser(), staff_browser(outsider)):
            response = browser.get(url(operation, "live"))
            assert response.headers["HX-Refresh"] == "true"
            assert not response.content
        assert staff_browser().get(url(operation)).status_code == 302
        assert staff_browser(outsider).get(url(operation)).status_code == 403

    def test_one_that_does_not_exist(self, browser: Any, db: None) -> None:
        assert browser.get("/tenants/operation/999999/live/").status_code == 404
        assert browser.get("/tenants/operation/999999/change/").status_code == 302
        assert browser.get("/tenants/operation/nonsense/change/").status_code == 302

    def test_asking_again_costs_little(self, browser: Any, operation: Operation) -> None:
        version = browser.get(url(operation, "live")).context["version"]
        with CaptureQueriesContext(connection) as captured:
            browser.get(url(operation, "live"), {"seen": version})
        # The host's client, the session, the user, the operation, its log.
        statements = [query["sql"] for query in captured if "set_config" not in query["sql"]]
        assert len(statements) == 5


def shown_at(browser: Any) -> str:
    """What the first row of the list says of the time at which it was asked for."""
    page = browser.get("/tenants/operation/").content.decode()
    found = re.search(r'field-requested[ "][^>]*>(.*?)</td>', page, re.DOTALL)
    assert found
    return found[1]


class TestList:
    def test_cannot_be_changed(self, browser: Any, operation: Operation) -> None:
        assert browser.get("/tenants/operation/add/").status_code == 403
        assert browser.post(url(operation)).status_code == 403
        assert browser.post(url(operation, "delete"), {"post": "yes"}).status_code == 403
        assert Operation.objects.filter(pk=operation.pk).exists()

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("state=queued", True),
            ("state=open", True),
            ("state=failed", False),
            ("state=unresolved", False),
            ("state=cancelled", False),
            ("state=nonsense", True),
            ("kind__exact=create_schema", True),
            ("kind__exact=drop_schema", False),
            ("client__id__exact={operation.client_id}", True),
            ("client__id__exact={alpha.pk}", False),
            ("requested_by={operator.pk}", True),
            ("requested_by=terminal", False),
            ("requested_by=nonsense", True),
            ("created_at_from={today}&created_at_to={today}", True),
            ("created_at_from={tomorrow}", False),
            ("created_at_to={yesterday}", False),
            ("created_at_from=nonsense&created_at_to=0001-01-01", True),
            ("rollout__id__exact=1", False),
            ("q=gamma", True),
            ("q={operation.pk}", True),
            ("q=nobody", False),
        ],
    )
    def test_filters(
        self,
        browser: Any,
        operation: Operation,
        alpha: Client,
        operator: User,
        query: str,
        shown: bool,
    ) -> None:
        today = timezone.localdate()
        query = query.format(
            operation=operation,
            alpha=alpha,
            operator=operator,
            today=today,
            tomorrow=today + timedelta(days=1),
            yesterday=today - timedelta(days=1),
        )
        found = browser.get(f"/tenants/operation/?{query}").context["cl"].result_list
        assert (operation in found) == shown

    def test_tabs_count_what_the_other_filters_leave(
        self, browser: Any, operation: Operation, alpha: Client
    ) -> None:
        def tabs(query: str = "") -> list[str]:
            page = browser.get(f"/tenants/operation/?{query}")
            return [tab["title"] for tab in page.context["state_tabs"]]

        done = Operation.objects.filter(state=OperationState.SUCCEEDED).count()
        assert tabs() == [
            f"All ({done + 1})",
            "Waiting (1)",
            "Running (0)",
            "Failed (0)",
            f"Done ({done})",
            "Cancelled (0)",
        ]
        assert tabs("state=failed") == tabs()
        assert tabs(f"client__id__exact={operation.client_id}")[:2] == ["All (1)", "Waiting (1)"]

    def test_a_failure_is_resolved_by_a_later_success(
        self, browser: Any, operation: Operation
    ) -> None:
        def unresolved() -> list[Operation]:
            page = browser.get("/tenants/operation/?state=unresolved")
            return list(page.context["cl"].result_list)

        fail(operation, ValueError("no"))
        assert unresolved() == [operation]
        again = request_operation(
            operation.client, OperationKind.CREATE_SCHEMA, acting_user=None, queued=False
        )
        assert unresolved() == []
        fail(again, ValueError("no"))
        assert unresolved() == [again], "the client's last one: there is one schema to look at"
        Operation.objects.filter(pk=again.pk).update(state=OperationState.SUCCEEDED)
        assert unresolved() == []

    def test_a_failure_of_an_archived_client_asks_for_nothing_unless_it_is_a_drop(
        self, operation: Operation
    ) -> None:
        fail(operation, ValueError("no"))
        lifecycle.archive(operation.client, removal_on=timezone.localdate(), acting_user=None)
        assert list(stats.unresolved(Operation.objects.all())) == []
        operation.kind = OperationKind.DROP_SCHEMA
        operation.save()
        assert list(stats.unresolved(Operation.objects.all())) == [operation]
        lifecycle.restore(operation.client, acting_user=None)
        assert list(stats.unresolved(Operation.objects.all())) == []

    def test_one_that_is_asked_for_again_says_when(
        self, browser: Any, operation: Operation, operator: User
    ) -> None:
        fail(operation, ValueError("no"))
        assert "again" not in shown_at(browser)
        retry_operation(operation, acting_user=operator)
        assert "again" in shown_at(browser)
        columns = browser.get("/tenants/operation/").context["cl"].get_ordering_field_columns()
        assert list(columns.values()) == ["desc"]

    def test_costs_the_same_for_5_and_for_50(self, browser: Any, operation: Operation) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert browser.get("/tenants/operation/").status_code == 200
            return len(captured)

        few = queries()
        for number in range(20):
            client = make_client(f"many{number}", ready=False)
            request_operation(client, OperationKind.CREATE_SCHEMA, acting_user=None)
        assert queries() == few

    def test_needs_the_permission(
        self, staff_browser: Callable[..., Any], viewer: User, outsider: User, operation: Operation
    ) -> None:
        assert staff_browser(viewer).get("/tenants/operation/").status_code == 200
        assert staff_browser(outsider).get("/tenants/operation/").status_code == 403
