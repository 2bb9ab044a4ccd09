"""Starting the same for many clients: the selection, and the page that asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import User
from tenants.admin import client_rollouts
from tenants.models import Client, Operation, OperationKind, Rollout
from tenants.operations.lifecycle import archive, suspend
from tenants.operations.request import request_operation
from tests.database import make_client

LIST = "/tenants/client/"
START = "/tenants/client/rollout/create_schema/"


@pytest.fixture
def drafts(db: None) -> list[Client]:
    return [make_client(f"draft{number}", ready=False) for number in range(3)]


def selection(action: str, clients: list[Client], **more: Any) -> dict[str, Any]:
    return {
        "action": action,
        "index": 0,
        "select_across": 0,
        "_selected_action": [client.pk for client in clients],
        **more,
    }


def follow_url(rollout: Rollout) -> str:
    return f"/tenants/rollout/{rollout.pk}/change/"


class TestSelection:
    def test_asks_first_and_says_who_is_left_out(
        self, browser: Any, drafts: list[Client], alpha: Client
    ) -> None:
        request_operation(drafts[0], OperationKind.CREATE_SCHEMA, acting_user=None)
        page = browser.post(LIST, selection("create_schemas", [*drafts, alpha]))
        text = page.content.decode()
        assert "Create the schemas of 2 clients?" in text
        assert "Has its schema already: Alpha" in text
        assert "Can it be undone?" in text
        assert "Has an operation that is not over yet:" in text
        assert not Rollout.objects.exists()
        assert {int(pk) for pk in page.context["clients"].split(",")} == {
            client.pk for client in drafts[1:]
        }

    def test_then_starts_exactly_those(self, browser: Any, drafts: list[Client]) -> None:
        page = browser.post(LIST, selection("create_schemas", drafts[:2]))
        response = browser.post(page.context["action"], {"clients": page.context["clients"]})
        rollout = Rollout.objects.get()
        assert response.headers["Location"] == follow_url(rollout)
        assert {operation.client for operation in rollout.operations.all()} == set(drafts[:2])

    def test_select_across_takes_all_that_the_filters_leave(
        self, browser: Any, drafts: list[Client]
    ) -> None:
        page = browser.post(
            f"{LIST}?q=draft", selection("create_schemas", drafts[:1], select_across=1)
        )
        assert page.context["count"] == 3

    def test_never_takes_the_console_itself(self, browser: Any, drafts: list[Client]) -> None:
        public = Client.objects.get(schema_name="public")
        page = browser.post(LIST, selection("create_schemas", [public, drafts[0]], select_across=1))
        assert str(public.pk) not in page.context["clients"].split(",")
        browser.post(START, {"clients": f"{public.pk},{drafts[0].pk}"})
        assert not public.operations.exists()
        assert drafts[0].operations.exists()

    def test_is_bounded(
        self, browser: Any, drafts: list[Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client_rollouts, "MAX_AT_ONCE", 2)
        page = browser.post(LIST, selection("create_schemas", drafts))
        assert page.context["count"] == 2
        assert "Over the limit of 2 at a time" in page.content.decode()
        browser.post(START, {"clients": ",".join(str(client.pk) for client in drafts)})
        assert not Rollout.objects.exists()

    def test_goes_back_with_the_reason_where_nothing_can_be_done(
        self, browser: Any, alpha: Client
    ) -> None:
        response = browser.post(LIST, selection("create_schemas", [alpha]), follow=True)
        assert "Has its schema already:" in response.content.decode()

    def test_the_second_press_starts_nothing(self, browser: Any, drafts: list[Client]) -> None:
        asked = {"clients": str(drafts[0].pk)}
        browser.post(START, asked)
        response = browser.post(START, asked, follow=True)
        operation = Operation.objects.get(client=drafts[0])
        text = response.content.decode()
        assert "Nothing was started" in text
        assert f'href="/tenants/operation/{operation.pk}/change/"' in text
        assert Rollout.objects.count() == 1

    def test_a_get_starts_nothing(self, browser: Any, drafts: list[Client]) -> None:
        response = browser.get(START, {"clients": str(drafts[0].pk)})
        assert response.headers["Location"] == LIST
        assert not Rollout.objects.exists()

    @pytest.mark.parametrize("clients", ["", "x", "1;2", "1,", "99999999", "9" * 5000, "²"])
    def test_nonsense_starts_nothing(self, browser: Any, db: None, clients: str) -> None:
        assert browser.post(START, {"clients": clients}).status_code == 302
        assert not Rollout.objects.exists()

    @pytest.mark.parametrize("kind", ["drop", "drop_schema"])
    def test_drops_are_not_started_together(self, browser: Any, alpha: Client, kind: str) -> None:
        url = f"/tenants/client/rollout/{kind}/"
        assert browser.post(url, {"clients": alpha.pk}).headers["Location"] == LIST
        assert not Rollout.objects.exists()

    def test_leaves_out_who_is_suspended_or_archived(
        self, browser: Any, alpha: Client, beta: Client, operator: User
    ) -> None:
        suspend(alpha, acting_user=operator)
        archive(beta, removal_on=timezone.localdate(), acting_user=operator)
        url = f"{LIST}?status=all"
        page = browser.post(url, selection("migrate_schemas", [alpha, beta]), follow=True)
        text = page.content.decode()
        assert "Is suspended, and brought up to date when it is reactivated: Alpha" in text
        assert "Is archived: Beta" in text

    def test_needs_the_permission(
        self, staff_browser: Callable[..., Any], viewer: User, drafts: list[Client]
    ) -> None:
        browser = staff_browser(viewer)
        assert "create_schemas" not in browser.get(LIST).content.decode()
        browser.post(LIST, selection("create_schemas", drafts))
        assert browser.post(START, {"clients": str(drafts[0].pk)}).status_code == 403
        assert not Operation.objects.filter(client__in=drafts).exists()

    def test_costs_the_same_for_3_and_for_30(self, browser: Any, drafts: list[Client]) -> None:
        def queries(clients: list[Client]) -> int:
            with CaptureQueriesContext(connection) as captured:
                browser.post(LIST, selection("create_schemas", clients))
            return len(captured)

        queries(drafts)
        more = [make_client(f"more{number}", ready=False) for number in range(27)]
        assert queries(drafts) == queries([*drafts, *more])
