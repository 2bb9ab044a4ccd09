"""Trying one operation again, and cancelling one."""

from __future__ import annotations

from typing import Any

import pytest

from console.accounts.models import User
from tenants.models import (
    STAYS,
    Client,
    ClientStatus,
    Operation,
    OperationKind,
    OperationState,
)
from tenants.operations.progress import log
from tenants.operations.request import request_operation
from tenants.operations.run import fail
from tests.tenants.operation_pages import (
    LIST,
    states,
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


class TestOne:
    def test_a_failed_one_goes_back_into_the_queue(
        self, browser: Any, failed: list[Operation]
    ) -> None:
        page = browser.get(url(failed[0], "retry")).content.decode()
        assert f"Try “{failed[0]}” of Draft0 again?" in page
        assert "What can go wrong" in page
        assert states(failed) == ["failed"] * 3
        response = browser.post(url(failed[0], "retry"))
        assert response.headers["Location"] == url(failed[0])
        assert states(failed) == ["queued", "failed", "failed"]

    def test_one_that_waits_is_cancelled(self, browser: Any, waiting: list[Operation]) -> None:
        page = browser.get(url(waiting[0], "cancel")).content.decode()
        assert f"Cancel “{waiting[0]}” of Draft0?" in page
        assert "A worker may be quicker" in page
        assert states(waiting) == ["queued"] * 3
        response = browser.post(url(waiting[0], "cancel"))
        assert response.headers["Location"] == url(waiting[0])
        assert states(waiting) == ["cancelled", "queued", "queued"]
        assert Client.objects.get(schema_name="draft0").status == ClientStatus.DRAFT

    def test_one_that_was_cancelled_says_whether_something_of_it_stays(
        self, browser: Any, waiting: list[Operation]
    ) -> None:
        for operation in waiting[:2]:
            browser.post(url(operation, "cancel"))
        log(waiting[1], "Applied 1 migration.", step=STAYS)
        pages = [browser.get(url(operation)).content.decode() for operation in waiting[:2]]
        assert ["Nothing was done" in page for page in pages] == [True, False]
        assert "What its log says was applied stays." in pages[1]

    def test_says_so_where_there_is_nothing_to_do(
        self, browser: Any, waiting: list[Operation]
    ) -> None:
        for method in (browser.get, browser.post):
            page = method(url(waiting[0], "retry"), follow=True)
            assert "not failed" in page.content.decode()
        fail(waiting[0], ValueError("no"))
        for method in (browser.get, browser.post):
            page = method(url(waiting[0], "cancel"), follow=True)
            assert "not wait any more" in page.content.decode()
        assert states(waiting) == ["failed", "queued", "queued"]

    def test_says_why_it_cannot_be_tried_again(
        self, browser: Any, failed: list[Operation], operator: User
    ) -> None:
        client = failed[0].client
        later = request_operation(client, OperationKind.CREATE_SCHEMA, acting_user=operator)
        text = browser.get(url(failed[0])).content.decode()
        assert "It cannot be tried again" in text
        assert str(later) in text
        assert url(failed[0], "retry") not in text

    def test_the_page_offers_what_can_be_done(self, browser: Any, waiting: list[Operation]) -> None:
        text = browser.get(url(waiting[0])).content.decode()
        assert url(waiting[0], "cancel") in text
        assert url(waiting[0], "retry") not in text
        fail(waiting[0], ValueError("no"))
        text = browser.get(url(waiting[0])).content.decode()
        assert url(waiting[0], "retry") in text
        assert url(waiting[0], "cancel") not in text

    def test_what_destroys_is_asked_about_before_it_is_tried_again(
        self, browser: Any, alpha: Client
    ) -> None:
        Client.objects.filter(pk=alpha.pk).update(status="archived", archived_at="2026-01-01T00Z")
        drop = Operation.objects.create(
            kind=OperationKind.DROP_SCHEMA, client=alpha, state=OperationState.FAILED
        )
        text = browser.get(url(drop)).content.decode()
        assert f'href="{url(drop, "retry")}"' in text
        assert "deleted for good" in browser.get(url(drop, "retry")).content.decode()

    def test_one_that_does_not_exist(self, browser: Any, db: None) -> None:
        assert browser.get(LIST + "999999/cancel/").status_code == 404
        assert browser.post(LIST + "999999/retry/").status_code == 404
