"""Trying again and cancelling: one operation, a selection, and all that a filter shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import User
from tenants.admin import operation_many
from tenants.models import Client, Operation, OperationKind, OperationState
from tenants.operations.request import request_operation
from tenants.operations.run import fail
from tests.database import make_client
from tests.tenants.operation_pages import (
    LIST,
    asked,
    selection,
    states,
    text_of,
    three_waiting,
    url,
)


@pytest.fixture
def waiting(operator: User) -> list[Operation]:
    return three_waiting(operator)


@pytest.fixture
def failed(waiting: list[Operation]) -> list[Operation]:
    """The same three, failed."""
    for operation in waiting:
        fail(operation, ValueError("no"))
    return waiting


class TestMany:
    def test_retries_all_that_the_filter_shows(self, browser: Any, failed: list[Operation]) -> None:
        page = browser.get(f"{LIST}?q=draft1")
        button = page.context["list_buttons"][0]
        assert "Try 1 failed one again" in page.content.decode()
        page = browser.get(button.url)
        assert "Try 1 failed operation again?" in page.content.decode()
        assert states(failed) == ["failed"] * 3
        response = browser.post(page.context["action"], asked(page))
        assert states(failed) == ["failed", "queued", "failed"]
        shown = browser.get(response.headers["Location"]).context["cl"].result_list
        assert list(shown) == [failed[1]]

    def test_the_number_on_the_button_is_that_of_the_page_behind_it(
        self, browser: Any, failed: list[Operation], operator: User
    ) -> None:
        again = failed[2].client
        request_operation(again, OperationKind.CREATE_SCHEMA, acting_user=operator)
        for query, number in (("", 3), ("?state=failed", 3), ("?state=unresolved", 2)):
            button = browser.get(LIST + query).context["list_buttons"][0]
            assert str(number) in button.text, query
            page = browser.get(button.url)
            assert page.context["count"] + sum(row[1] for row in page.context["left_out"]) == number
        assert not browser.get(f"{LIST}?state=succeeded").context["list_buttons"]

    def test_leaves_out_what_was_made_good_since_and_says_so(
        self, browser: Any, failed: list[Operation]
    ) -> None:
        good = failed[0]
        Operation.objects.create(
            kind=good.kind,
            client=good.client,
            state=OperationState.SUCCEEDED,
            finished_at=timezone.now(),
        )
        page = browser.get(LIST + "retry/")
        assert f"Was made good since: Draft0 (#{good.pk})" in text_of(page)
        assert page.context["count"] == 2

    def test_a_drop_is_left_out_and_says_why(self, browser: Any, failed: list[Operation]) -> None:
        Operation.objects.filter(pk=failed[1].pk).update(kind=OperationKind.DROP_SCHEMA)
        text = text_of(browser.get(LIST + "retry/"))
        assert f"tried again by itself, on its own page: Draft1 (#{failed[1].pk})" in text

    def test_who_is_held_at_that_moment_is_named_with_the_reason(
        self, browser: Any, alpha: Client, failed: list[Operation], second: Any
    ) -> None:
        behind = Operation.objects.create(
            kind=OperationKind.MIGRATE_SCHEMA, client=alpha, state=OperationState.FAILED
        )
        page = browser.post(LIST, selection("retry_selected", [failed[0], behind]))
        take = "SELECT 1 FROM tenants_client WHERE id = %s FOR NO KEY UPDATE"
        second.execute(take, [alpha.pk])
        text = text_of(browser.post(page.context["action"], asked(page), follow=True))
        assert (
            f"Is worked on, or changed by somebody else, at this moment: Alpha (#{behind.pk})"
            in text
        )
        assert "1 operation is in the queue again." in text

    def test_cancels_a_selection(self, browser: Any, waiting: list[Operation]) -> None:
        fail(waiting[2], ValueError("no"))
        page = browser.post(LIST, selection("cancel_selected", waiting))
        text = page.content.decode()
        assert "Cancel 2 operations that wait?" in text
        assert f"Does not wait any more: Draft2 (#{waiting[2].pk})" in text
        assert states(waiting) == ["queued", "queued", "failed"]
        browser.post(page.context["action"], asked(page))
        assert states(waiting) == ["cancelled", "cancelled", "failed"]

    def test_does_it_to_those_that_were_shown(self, browser: Any, waiting: list[Operation]) -> None:
        fail(waiting[0], ValueError("no"))
        page = browser.get(LIST + "retry/")
        fail(waiting[1], ValueError("no"))
        browser.post(page.context["action"], asked(page))
        assert states(waiting) == ["queued", "failed", "queued"]

    def test_names_those_for_whom_it_was_too_late(
        self, browser: Any, waiting: list[Operation]
    ) -> None:
        page = browser.post(LIST, selection("cancel_selected", waiting))
        fail(waiting[0], ValueError("no"))
        page = browser.post(page.context["action"], asked(page), follow=True)
        text = page.content.decode()
        assert "2 operations were cancelled." in text
        assert f"Does not wait any more: Draft0 (#{waiting[0].pk})" in text

    def test_takes_one_of_each_client(self, browser: Any, failed: list[Operation]) -> None:
        older = failed[0]
        newer = Operation.objects.create(
            kind=older.kind, client=older.client, state=OperationState.FAILED
        )
        page = browser.post(LIST, selection("retry_selected", [older, newer]))
        assert page.context["operations"] == str(newer.pk)
        assert page.context["left_out"][0][1] == 1

    def test_says_where_nothing_can_be_done(self, browser: Any, failed: list[Operation]) -> None:
        page = browser.post(LIST, selection("cancel_selected", failed), follow=True)
        assert "Does not wait any more:" in page.content.decode()
        assert "nothing of that kind" in browser.get(LIST + "cancel/", follow=True).content.decode()

    def test_is_bounded(
        self, browser: Any, failed: list[Operation], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(operation_many, "MAX_AT_ONCE", 2)
        page = browser.get(LIST + "retry/")
        assert page.context["count"] == 2
        assert "Over the limit:" in page.content.decode()
        too_many = ",".join(str(operation.pk) for operation in failed)
        browser.post(LIST + "retry/", {"operations": too_many})
        assert states(failed) == ["failed"] * 3

    @pytest.mark.parametrize("keys", ["", "x", "1;2", "99999999", "9" * 5000])
    def test_nonsense_changes_nothing(
        self, browser: Any, failed: list[Operation], keys: str
    ) -> None:
        for verb in ("retry", "cancel"):
            assert browser.post(f"{LIST}{verb}/", {"operations": keys}).status_code == 302
            assert browser.get(f"{LIST}{verb}/?kind__exact={keys}&nonsense=1").status_code in (
                302,
                400,
            )
        assert states(failed) == ["failed"] * 3

    def test_costs_the_same_for_3_and_for_30(self, browser: Any, failed: list[Operation]) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(LIST + "retry/").status_code == 200
            return len(captured)

        queries()
        few = queries()
        for number in range(27):
            client = make_client(f"more{number}", ready=False)
            kind = OperationKind.CREATE_SCHEMA
            Operation.objects.create(kind=kind, client=client, state=OperationState.FAILED)
        assert queries() == few


class TestRights:
    def test_a_viewer_sees_no_way_and_is_refused(
        self, staff_browser: Callable[..., Any], viewer: User, waiting: list[Operation]
    ) -> None:
        fail(waiting[0], ValueError("no"))
        browser = staff_browser(viewer)
        for path in (LIST, url(waiting[0]), url(waiting[1])):
            text = browser.get(path).content.decode()
            assert "/retry/" not in text
            assert "/cancel/" not in text
        for operation, verb in ((waiting[0], "retry"), (waiting[1], "cancel")):
            for method in (browser.get, browser.post):
                assert method(url(operation, verb)).status_code == 403
                assert method(f"{LIST}{verb}/").status_code == 403
            browser.post(f"{LIST}{verb}/", {"operations": str(operation.pk)})
            browser.post(LIST, selection(f"{verb}_selected", [operation]))
        assert states(waiting) == ["failed", "queued", "queued"]

    def test_each_kind_needs_its_own_right(
        self,
        staff_browser: Callable[..., Any],
        viewer: User,
        waiting: list[Operation],
        alpha: Client,
    ) -> None:
        """Who may make schemas may not go on with a drop."""
        viewer.user_permissions.add(Permission.objects.get(codename="provision_client"))
        drop = Operation.objects.create(
            kind=OperationKind.DROP_SCHEMA, client=alpha, state=OperationState.QUEUED
        )
        browser = staff_browser(viewer)
        page = browser.get(LIST + "cancel/")
        assert "Needs a right that you do not have: Alpha" in page.content.decode()
        assert browser.post(url(drop, "cancel")).status_code == 403
        browser.post(LIST + "cancel/", {"operations": f"{drop.pk},{waiting[0].pk}"})
        assert states([drop, *waiting]) == ["queued", "cancelled", "queued", "queued"]

    def test_an_outsider_is_refused(
        self, staff_browser: Callable[..., Any], outsider: User, waiting: list[Operation]
    ) -> None:
        for browser in (staff_browser(), staff_browser(outsider)):
            assert browser.post(url(waiting[0], "cancel")).status_code in (302, 403)
            assert browser.get(LIST + "cancel/").status_code in (302, 403)
        assert states(waiting) == ["queued"] * 3
