"""The list of rollouts, and the page that follows one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import User
from tenants.models import (
    Client,
    Operation,
    OperationKind,
    OperationState,
    Rollout,
    RolloutState,
)
from tenants.operations.lifecycle import suspend
from tenants.operations.many import cancel_waiting
from tenants.operations.request import cancel_operation, request_operation
from tenants.operations.rollout import Waves, request_rollout
from tenants.operations.run import fail
from tenants.operations.steering import pause
from tests.database import make_client
from tests.tenants.operating import TAKE, key_of


@pytest.fixture
def drafts(db: None) -> list[Client]:
    return [make_client(f"draft{number}", ready=False) for number in range(3)]


def follow_url(rollout: Rollout) -> str:
    return f"/tenants/rollout/{rollout.pk}/change/"


def live_url(rollout: Rollout, **query: Any) -> str:
    return f"/tenants/rollout/{rollout.pk}/live/"


@pytest.fixture
def rollout(drafts: list[Client], operator: User) -> Rollout:
    kind = OperationKind.CREATE_SCHEMA
    rollout = request_rollout(drafts, kind, acting_user=operator).rollout
    assert rollout is not None
    return rollout


class TestFollowing:
    def test_shows_what_failed_first(self, browser: Any, rollout: Rollout) -> None:
        last = rollout.operations.get(client__schema_name="draft2")
        fail(last, ValueError("no"))
        page = browser.get(follow_url(rollout))
        assert page.context["rows"][0]["operation"] == last
        assert page.context["is_open"]

    def test_the_live_part(self, browser: Any, rollout: Rollout) -> None:
        page = browser.get(live_url(rollout))
        assert page.status_code == 200
        assert "hx-get" in page.content.decode()
        seen = browser.get(live_url(rollout), {"seen": page.context["version"]})
        assert seen.status_code == 204
        rollout.operations.update(state=OperationState.SUCCEEDED)
        page = browser.get(live_url(rollout), {"seen": page.context["version"]})
        assert page.status_code == 286
        assert "hx-get" not in page.content.decode()

    def test_a_signed_out_browser_loads_the_page_again(
        self, staff_browser: Callable[..., Any], rollout: Rollout, outsider: User
    ) -> None:
        for browser in (staff_browser(), staff_browser(outsider)):
            response = browser.get(live_url(rollout))
            assert response.headers["HX-Refresh"] == "true"
            assert not response.content
        assert staff_browser().get(follow_url(rollout)).status_code == 302
        assert staff_browser(outsider).get(follow_url(rollout)).status_code == 403

    def test_counts_each_state_and_shows_one_alone(self, browser: Any, rollout: Rollout) -> None:
        first, second, _third = rollout.operations.all()
        fail(first, ValueError("no"))
        cancel_operation(second, acting_user=None)
        page = browser.get(follow_url(rollout))
        counts = {row["state"]: row["count"] for row in page.context["counts"]}
        expected = {"failed": 1, "cancelled": 1, "queued": 1, "running": 0, "succeeded": 0}
        assert counts == expected
        for state, operation in (("failed", first), ("cancelled", second)):
            assert f'href="{follow_url(rollout)}?state={state}"' in page.content.decode()
            shown = browser.get(follow_url(rollout), {"state": state}).context["rows"]
            assert [row["operation"] for row in shown] == [operation]
        assert len(browser.get(follow_url(rollout), {"state": "x"}).context["rows"]) == 3

    def test_says_how_fast_it_goes_and_how_long_the_rest_takes(
        self, browser: Any, rollout: Rollout
    ) -> None:
        assert "time_left" not in browser.get(follow_url(rollout)).context
        first, second, _third = rollout.operations.all()
        now = timezone.now()
        Operation.objects.filter(pk__in=[first.pk, second.pk]).update(
            state=OperationState.SUCCEEDED, started_at=now - timedelta(seconds=60), finished_at=now
        )
        text = browser.get(follow_url(rollout)).content.decode()
        assert "2 a minute" in text
        assert "about 30 s" in text
        rollout.operations.update(state=OperationState.SUCCEEDED, finished_at=now)
        page = browser.get(follow_url(rollout))
        assert page.context["took"] == "1 min 0 s"
        assert "a minute" not in page.content.decode()

    def test_says_what_waits_for_a_suspended_client(
        self, browser: Any, alpha: Client, operator: User
    ) -> None:
        kind = OperationKind.MIGRATE_SCHEMA
        rollout = request_rollout([alpha], kind, acting_user=operator).rollout
        assert rollout is not None
        assert "Under way" in browser.get(follow_url(rollout)).content.decode()
        suspend(alpha, acting_user=operator)
        page = browser.get(follow_url(rollout)).content.decode()
        assert "waits for a suspended client" in page
        assert "Under way" not in page

    def test_all_that_failed_are_tried_again_and_what_waits_is_cancelled(
        self, browser: Any, rollout: Rollout, operator: User
    ) -> None:
        other = request_operation(
            make_client("other", ready=False), OperationKind.CREATE_SCHEMA, acting_user=operator
        )
        fail(rollout.operations.all()[0], ValueError("no"))
        retry, cancel = browser.get(follow_url(rollout)).context["buttons"]
        for button, states in (
            (retry, {"queued": 3}),
            (cancel, {"cancelled": 3}),
        ):
            page = browser.get(button.url)
            response = browser.post(
                page.context["action"], {"operations": page.context["operations"]}
            )
            assert response.headers["Location"] == follow_url(rollout)
            found = [operation.state for operation in rollout.operations.all()]
            assert dict(Counter(found)) == states
        other.refresh_from_db()
        assert other.state == OperationState.QUEUED

    def test_a_viewer_has_no_buttons(
        self, staff_browser: Callable[..., Any], viewer: User, rollout: Rollout
    ) -> None:
        page = staff_browser(viewer).get(follow_url(rollout))
        assert page.status_code == 200
        assert page.context["buttons"] == []

    def test_cannot_be_changed(self, browser: Any, rollout: Rollout) -> None:
        assert browser.post(follow_url(rollout)).status_code == 403
        assert browser.post(f"/tenants/rollout/{rollout.pk}/delete/").status_code == 403
        assert browser.get("/tenants/rollout/add/").status_code == 403

    def test_costs_the_same_for_3_and_for_200_operations(
        self, browser: Any, rollout: Rollout
    ) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(follow_url(rollout)).status_code == 200
            return len(captured)

        few = queries()
        plan = Client.objects.exclude(plan=None).first().plan
        clients = Client.objects.bulk_create(
            Client(schema_name=f"c{n}", name=f"C{n}", plan=plan, admin_email="") for n in range(197)
        )
        Operation.objects.bulk_create(
            Operation(kind=rollout.kind, client=client, rollout=rollout) for client in clients
        )
        assert queries() == few
        page = browser.get(follow_url(rollout), {"page": 4})
        assert len(page.context["rows"]) == 50
        assert browser.get(follow_url(rollout), {"page": "nonsense"}).status_code == 200

    def test_the_list(self, browser: Any, rollout: Rollout, operator: User) -> None:
        text = browser.get("/tenants/rollout/").content.decode()
        assert "3 Waiting" in text
        assert operator.email in text
        assert "in a terminal" not in text

    def test_the_list_says_which_were_asked_for_in_a_terminal(
        self, browser: Any, drafts: list[Client]
    ) -> None:
        request_rollout(drafts, OperationKind.CREATE_SCHEMA, acting_user=None)
        for address in ("/tenants/rollout/", "/tenants/operation/"):
            assert "an operator, in a terminal" in browser.get(address).content.decode(), address


class TestSteering:
    """A rollout of migrations is paused and goes on from its page."""

    @pytest.fixture
    def going(self, alpha: Client, beta: Client, operator: User) -> Rollout:
        waves = Waves(canaries=[alpha.pk], abort_after=1)
        kind = OperationKind.MIGRATE_SCHEMA
        rollout = request_rollout([alpha, beta], kind, acting_user=operator, waves=waves).rollout
        assert rollout is not None
        return rollout

    def steer(self, browser: Any, rollout: Rollout, verb: str) -> str:
        url = f"/tenants/rollout/{rollout.pk}/steer/{verb}/"
        return browser.post(url, follow=True).content.decode()

    def test_a_button_pauses_it_and_another_has_it_go_on(
        self, browser: Any, going: Rollout
    ) -> None:
        page = browser.get(follow_url(going)).content.decode()
        assert "steer/pause/" in page
        assert "steer/go_on/" not in page
        assert "the first ones" in page
        page = self.steer(browser, going, "pause")
        assert "Nothing more is begun" in page
        assert "steer/go_on/" in page
        assert "Paused" in page
        page = self.steer(browser, going, "go_on")
        assert "Nothing more is begun" not in page

    def test_the_list_says_that_it_is_paused(
        self, browser: Any, going: Rollout, operator: User
    ) -> None:
        assert "Paused · " not in browser.get("/tenants/rollout/").content.decode()
        pause(going, acting_user=operator)
        assert "Paused · 2 Waiting" in browser.get("/tenants/rollout/").content.decode()

    def test_the_second_press_says_so(self, browser: Any, going: Rollout) -> None:
        self.steer(browser, going, "pause")
        assert "is not under way" in self.steer(browser, going, "pause")

    def test_a_get_does_nothing(self, browser: Any, going: Rollout) -> None:
        browser.get(f"/tenants/rollout/{going.pk}/steer/pause/")
        going.refresh_from_db()
        assert going.state == RolloutState.RUNNING

    def test_only_those_who_may(
        self, staff_browser: Callable[..., Any], viewer: User, going: Rollout
    ) -> None:
        browser = staff_browser(viewer)
        assert "steer/" not in browser.get(follow_url(going)).content.decode()
        assert browser.post(f"/tenants/rollout/{going.pk}/steer/pause/").status_code == 403

    def test_there_are_two_ways_and_no_third(self, browser: Any, going: Rollout) -> None:
        assert browser.post(f"/tenants/rollout/{going.pk}/steer/end/").status_code == 404
        assert browser.post("/tenants/rollout/9999/steer/pause/").status_code == 404

    def test_one_of_creations_has_none(self, browser: Any, rollout: Rollout) -> None:
        assert "steer/" not in browser.get(follow_url(rollout)).content.decode()

    def test_says_on_which_schemas_somebody_is_at_work(
        self, browser: Any, going: Rollout, second: Any
    ) -> None:
        def states() -> list[str]:
            return [row["state"]["text"] for row in browser.get(follow_url(going)).context["rows"]]

        assert states() == ["Waiting", "Waiting"]
        second.execute(TAKE, [key_of("alpha")])
        assert states() == ["Running", "Waiting"]
        page = browser.get(follow_url(going)).content.decode()
        assert "1 schema" in page
        assert "<dt>Running</dt>" not in page

    def test_paused_it_says_that_what_failed_can_be_tried_again(
        self, browser: Any, going: Rollout, operator: User
    ) -> None:
        pause(going, acting_user=operator)
        assert "can be tried again" not in browser.get(follow_url(going)).content.decode()
        fail(going.operations.earliest("pk"), ValueError("no"))
        assert "can be tried again" in browser.get(follow_url(going)).content.decode()

    def test_says_how_far_it_is_in_its_waves(
        self, browser: Any, alpha: Client, beta: Client, operator: User
    ) -> None:
        kind, waves = OperationKind.MIGRATE_SCHEMA, Waves(size=1)
        asked = request_rollout([alpha, beta], kind, acting_user=operator, waves=waves)
        assert "1 of 2" in browser.get(follow_url(asked.rollout)).content.decode()

    def test_one_of_all_at_once_has_no_waves(
        self, browser: Any, alpha: Client, operator: User
    ) -> None:
        asked = request_rollout([alpha], OperationKind.MIGRATE_SCHEMA, acting_user=operator)
        assert "Wave" not in browser.get(follow_url(asked.rollout)).content.decode()

    def test_when_all_that_waits_is_cancelled_it_is_over(
        self, browser: Any, going: Rollout, operator: User
    ) -> None:
        pause(going, acting_user=operator)
        cancel_waiting(going.operations.select_related("client"), acting_user=operator)
        going.refresh_from_db()
        assert going.state == RolloutState.OVER
        assert "steer/" not in browser.get(follow_url(going)).content.decode()
