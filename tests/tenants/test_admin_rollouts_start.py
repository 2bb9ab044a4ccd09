"""Starting the same for many clients: the selection, and the page that asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import operations as ops
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.accounts.models import User
from console.postgres.contexts import owner_rights
from tenants.admin import client_rollouts
from tenants.models import Client, Operation, OperationKind, Rollout
from tenants.operations import outlook
from tenants.operations.lifecycle import archive, suspend
from tenants.operations.request import request_operation
from tests.database import make_client
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import make_drafts

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


COLUMN = ops.AddField("label", "code", models.TextField(null=True, db_index=True))
MIGRATE_URL = "/tenants/client/rollout/migrate_schema/"


class TestMigrating:
    """Before migrations it is said what they do, and asked in what order."""

    @pytest.fixture(autouse=True)
    def newer(self, alpha: Client, beta: Client) -> Iterator[None]:
        with more_migrations(COLUMN):
            yield

    def start(self, browser: Any, **answers: Any) -> Any:
        keys = Client.objects.provisioned().values_list("pk", flat=True)
        return browser.post(MIGRATE_URL, {"clients": ",".join(map(str, keys)), **answers})

    def test_says_what_is_missing_and_what_it_does(self, browser: Any) -> None:
        page = browser.get(f"{MIGRATE_URL}?behind=1")
        (group,) = page.context["outlook"].groups
        assert group.missing == ["tenant_data.9001_more"]
        text = page.content.decode()
        assert "tenant_data.9001_more" in text
        assert "ADD COLUMN &quot;code&quot; text NULL" in text
        assert "Nobody can write to the table" in text
        assert not Rollout.objects.exists()

    def test_takes_those_of_a_version_a_plan_or_a_tag(
        self, browser: Any, alpha: Client, beta: Client
    ) -> None:
        Client.objects.filter(pk=alpha.pk).update(tags=["early"])

        def count(query: str) -> int:
            page = browser.get(f"{MIGRATE_URL}?{query}")
            return page.context["count"] if page.status_code == 200 else 0

        assert count("tag=early") == 1
        assert count("tag=late") == 0
        assert count("plan=team") == 2
        assert count(f"version={alpha.schema_version_id}") == 2
        assert count("version=0") == 0
        assert count("version=x") == 0
        assert count("plan=team&tag=early") == 1
        assert count("nothing=1") == 0

    def test_starts_with_the_first_ones(self, browser: Any) -> None:
        response = self.start(browser, first="beta", look_first="on", size="1", abort_after="2")
        rollout = Rollout.objects.get()
        assert response.headers["Location"] == follow_url(rollout)
        waves = dict(rollout.operations.values_list("client__schema_name", "wave"))
        assert waves == {"beta": 0, "alpha": 1}
        assert (rollout.look_first, rollout.abort_after) == (True, 2)

    def test_or_with_all_at_once(self, browser: Any) -> None:
        self.start(browser)
        assert Rollout.objects.get().operations.filter(wave=1).count() == 2

    @pytest.mark.parametrize(
        ("answers", "error"),
        [
            ({"first": "nobody"}, "Not among the clients of this rollout: nobody."),
            ({"first": "alpha", "canaries": "1"}, "Give a number, or names, not both."),
            ({"look_first": "on"}, "Say which are the first ones."),
            ({"size": "0"}, "greater than or equal to 1"),
            ({"abort_after": "many"}, "Enter a whole number."),
        ],
    )
    def test_an_answer_that_cannot_be_asks_again(
        self, browser: Any, answers: dict[str, str], error: str
    ) -> None:
        page = self.start(browser, **answers)
        assert page.status_code == 200
        assert error in page.content.decode()
        assert page.context["count"] == 2
        assert not Rollout.objects.exists()

    def test_costs_the_same_for_2_and_for_30(self, browser: Any) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                browser.get(f"{MIGRATE_URL}?behind=1")
            return len(captured)

        queries()
        few = queries()
        version = Client.objects.get(schema_name="alpha").schema_version
        for client in (rows := make_drafts(30)):
            client.status, client.provisioned_at = "active", timezone.now()
            client.schema_version = version
        Client.objects.bulk_update(rows, ["status", "provisioned_at", "schema_version"])
        assert queries() == few

    @pytest.mark.parametrize("gone", [["alpha"], ["alpha", "beta"]])
    def test_a_schema_that_is_not_there_keeps_nobody_from_asking(
        self, browser: Any, gone: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outlook, "_kept", {})
        with owner_rights(), connection.cursor() as cursor:
            for schema in gone:
                cursor.execute(f"DROP SCHEMA {schema} CASCADE")
        page = browser.get(f"{MIGRATE_URL}?behind=1")
        assert page.context["count"] == 2
        (group,) = page.context["outlook"].groups
        assert (group.foreseen is None) == (len(gone) == 2)
        assert "tenant_data.9001_more" in page.content.decode()
