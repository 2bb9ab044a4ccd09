"""The page of the fleet: counts, filters, and what mends each finding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from console.accounts.models import User
from tenants.models import Client, FindingKind, Operation, OperationKind, SchemaFinding
from tenants.operations.lifecycle import archive, suspend
from tenants.operations.request import request_operation
from tests.tenants.fleet import as_owner, check, found, lose, make_orphan
from tests.tenants.operating import failed, make_behind
from tests.tenants.test_admin_clients_cost import add_clients
from tests.tenants.test_mending import answers

pytestmark = pytest.mark.usefixtures("alpha")

FLEET = "/tenants/schemafinding/"
#: The host, the session, the user; the number of findings and a page of them; versions and the
#: clients by status and state; findings by kind; archived clients; open and failed operations;
#: versions again and the clients by what they lack; the last check; of those that are missing,
#: the open operations, and whether their schemas are there by now.
QUERIES = 16


def numbers(browser: Any) -> dict[str, int]:
    states = browser.get(FLEET).context["fleet"]["states"]
    return {str(state.label): state.number for state in states if state.number}


def page(name: str) -> str:
    return f"{FLEET}{SchemaFinding.objects.get().pk}/{name}/"


def tab_of(text: str) -> str:
    """What the browser's tab says."""
    return text.split("<title>")[1].split("</title>")[0].strip()


@pytest.fixture
def missing() -> None:
    lose("alpha")
    check()


@pytest.fixture
def orphan() -> str:
    make_orphan()
    check()
    return "lost"


class TestThePage:
    def test_counts_every_state(self, browser: Any, draft: Client) -> None:
        assert numbers(browser) == {"Current": 2}
        make_behind("alpha")
        make_orphan()
        failed(draft)
        check()
        assert numbers(browser) == {"Current": 1, "Behind": 1, "Failed": 1, "Orphaned": 1}
        lose("beta")
        check()
        assert numbers(browser) == {"Behind": 1, "Failed": 1, "Orphaned": 1, "Missing": 1}

    def test_each_number_leads_to_as_many_rows(self, browser: Any, draft: Client) -> None:
        make_behind("alpha")
        make_orphan()
        failed(draft)
        failed(draft)
        as_owner("CREATE TABLE beta.extra (id int)")
        check()
        for state in browser.get(FLEET).context["fleet"]["states"]:
            rows = browser.get(state.url).context["cl"].result_count
            assert rows == state.number, state

    def test_says_by_which_migrations_some_are_behind(self, browser: Any, alpha: Client) -> None:
        make_behind("alpha")
        alpha.refresh_from_db()
        [group] = browser.get(FLEET).context["fleet"]["groups"]
        assert group["clients"] == 1
        assert group["names"][0] == "tenant_data.0001_initial"
        assert group["number"] == len(group["names"]) + group["more"]
        url = f"/tenants/client/rollout/migrate_schema/?version={alpha.schema_version_id}"
        assert group["url"] == url
        assert f'href="{url}"' in browser.get(FLEET).content.decode()

    def test_says_when_it_was_checked_and_how(self, browser: Any) -> None:
        text = browser.get(FLEET).content.decode()
        assert "Never checked" in text
        assert "No check has run so far" in text
        assert "0 findings" not in text
        check()
        text = browser.get(FLEET).content.decode()
        assert "by “manage.py fleet --verify”: 2 schemas" in text
        assert "Nothing is wrong, by the last check" in text

    def test_is_called_what_the_sidebar_calls_it(self, browser: Any, missing: None) -> None:
        text = browser.get(FLEET).content.decode()
        assert '<h1 class="console-title">Fleet</h1>' in text
        assert tab_of(text).startswith("Fleet | ")
        assert "Findings" not in text
        text = browser.get(page("change")).content.decode()
        assert f'<li><a href="{FLEET}">Fleet</a>' in text
        assert tab_of(text).startswith("alpha \N{EN DASH} Fleet | ")

    @pytest.mark.parametrize("number", [10, 1000])
    def test_costs_the_same_for_any_number(self, browser: Any, number: int) -> None:
        add_clients(number)
        SchemaFinding.objects.bulk_create(
            SchemaFinding(
                schema_name=client.schema_name,
                client=client,
                kind=[FindingKind.MISSING, FindingKind.DRIFTED][client.pk % 2],
            )
            for client in Client.objects.provisioned()
        )
        browser.get(FLEET)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(FLEET).status_code == 200
        statements = "\n".join(entry["sql"][:150] for entry in captured)
        assert len(captured) == QUERIES, statements

    def test_offers_no_button_to_those_who_look_on(
        self, staff_browser: Callable[..., Any], staff_viewer: User, missing: None
    ) -> None:
        browser = staff_browser(staff_viewer)
        text = browser.get(FLEET).content.decode()
        assert "Missing" in text
        assert not {"Provision again", "Check now", "Archive"} & set(text.split("</"))
        assert browser.get(FLEET).context["cl"].result_list[0].buttons == []


class TestDrift:
    def test_is_shown_object_by_object(self, browser: Any) -> None:
        as_owner("ALTER TABLE alpha.tenant_data_task ALTER title DROP NOT NULL")
        as_owner("GRANT SELECT ON alpha.tenant_data_task TO PUBLIC")
        check()
        text = browser.get(page("change")).content.decode()
        assert "column tenant_data_task.title" in text
        assert "NOT NULL" in text
        assert "PUBLIC has SELECT on table tenant_data_task." in text
        assert "sync_roles --schema alpha" in text


class TestMending:
    def test_check_now_queues_a_job(self, browser: Any) -> None:
        response = browser.post(f"{FLEET}check/", follow=True)
        assert "A worker looks at all schemas now" in response.content.decode()
        assert ProcrastinateJob.objects.filter(task_name="tenants.check_fleet").count() == 1
        response = browser.post(f"{FLEET}check/", follow=True)
        assert "is to look at all schemas already" in response.content.decode()

    def test_provision_again(self, browser: Any, alpha: Client, missing: None) -> None:
        assert page("again") in browser.get(FLEET).content.decode()
        assert "does not come back" in browser.get(page("again")).content.decode()
        response = browser.post(page("again"))
        operation = alpha.operations.open().get()
        assert response.headers["Location"] == f"/tenants/operation/{operation.pk}/change/"

    def test_of_a_suspended_client_it_is_not_offered_before_that_is_reactivated(
        self, browser: Any, alpha: Client, missing: None
    ) -> None:
        suspend(alpha, acting_user=None)
        again, reactivate_url = page("again"), f"/tenants/client/{alpha.pk}/reactivate/"
        for address in (FLEET, page("change")):
            text = browser.get(address).content.decode()
            assert again not in text
            assert reactivate_url in text
        assert "reactivate it before it gets a new one" in text
        response = browser.post(again, follow=True)
        assert "is suspended. Reactivate it first." in response.content.decode()
        assert not alpha.operations.open().exists()
        browser.post(reactivate_url)
        assert again in browser.get(FLEET).content.decode()

    def test_nothing_is_offered_while_an_operation_is_not_over(
        self, browser: Any, alpha: Client, missing: None
    ) -> None:
        request_operation(alpha, OperationKind.MIGRATE_SCHEMA, acting_user=None)
        text = browser.get(page("change")).content.decode()
        assert "has an operation that is not over yet" in text
        assert page("again") not in text
        assert f"/tenants/client/{alpha.pk}/archive/" not in text

    def test_of_an_archived_client_it_is_dropped_when_its_data_is_kept_no_longer(
        self, browser: Any, alpha: Client, missing: None
    ) -> None:
        def shown() -> str:
            return browser.get(f"{FLEET}{SchemaFinding.objects.get().pk}/change/").content.decode()

        drop = f"/tenants/client/{alpha.pk}/drop-schema/"
        today = timezone.localdate()
        archive(alpha, removal_on=today + timedelta(days=3), acting_user=None)
        assert "is kept until" in shown()
        assert drop not in shown()
        archive(alpha, removal_on=today, acting_user=None)
        assert "is kept until" not in shown()
        assert drop in shown()

    def test_a_schema_that_came_back_is_left_alone(self, browser: Any, beta: Client) -> None:
        SchemaFinding.objects.create(schema_name="beta", client=beta, kind=FindingKind.MISSING)
        assert page("again") not in browser.get(FLEET).content.decode()
        assert "“beta” is in the database" in browser.get(page("change")).content.decode()
        response = browser.post(page("again"), follow=True)
        assert "“beta” is in the database" in response.content.decode()
        assert not beta.operations.open().exists()

    def test_adopt(self, browser: Any, orphan: str) -> None:
        plan = answers()["plan"]
        response = browser.post(page("adopt"), {**answers(), "plan": plan.pk})
        operation = Operation.objects.get(kind="adopt_schema")
        assert response.headers["Location"] == f"/tenants/operation/{operation.pk}/change/"
        assert browser.get(response.headers["Location"]).status_code == 200

    def test_what_is_wrong_is_said_beside_the_field(self, browser: Any, orphan: str) -> None:
        data = {**answers(domain="alpha.localhost"), "plan": answers()["plan"].pk}
        response = browser.post(page("adopt"), data)
        assert response.context["form"].errors.keys() == {"domain"}
        assert not Client.objects.filter(schema_name=orphan).exists()

    def test_for_the_client_of_that_name_nothing_is_asked(
        self, browser: Any, draft: Client
    ) -> None:
        make_orphan("gamma")
        check()
        assert browser.get(page("adopt")).context["form"].fields == {}
        browser.post(page("adopt"))
        assert draft.operations.get().kind == "adopt_schema"

    def test_drop_with_the_name_typed(self, browser: Any, orphan: str) -> None:
        response = browser.post(page("drop"), {"typed_name": "Lost"})
        assert "Type “lost” exactly" in response.content.decode()
        assert not Operation.objects.filter(kind="drop_schema").exists()
        browser.post(page("drop"), {"typed_name": "lost"})
        assert Operation.objects.get(kind="drop_schema").client.schema_name == "lost"
        assert found() == {}

    def test_what_is_gone_meanwhile_is_said(self, browser: Any, orphan: str) -> None:
        lose(orphan)
        for name, data in (("adopt", {}), ("drop", {"typed_name": "lost"})):
            response = browser.post(page(name), data, follow=True)
            assert "is not in the database any more" in response.content.decode()

    def test_another_programs_schema_has_no_button(self, browser: Any) -> None:
        as_owner("CREATE SCHEMA other")
        check()
        text = browser.get(FLEET).content.decode()
        assert "Not made by the console" in text
        assert page("drop") not in text
        response = browser.post(page("drop"), {"typed_name": "other"}, follow=True)
        assert "is left alone" in response.content.decode()


class TestTheCommand:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        try:
            call_command("fleet", *arguments, stdout=out, stderr=StringIO())
        except CommandError as error:
            return f"{out.getvalue()}\n{error}"
        return out.getvalue()

    def test_tells_what_is_kept(self) -> None:
        assert "Never checked" in self.run()
        lose("alpha")
        assert "not as they should be" not in self.run()

    def test_verifies(self) -> None:
        make_behind("alpha")
        as_owner("CREATE TABLE beta.extra (id int)")
        make_orphan()
        text = self.run("--verify")
        assert "behind: 1 lack" in text
        assert "drifted: beta (Beta)" in text
        assert "column extra.id: integer" in text
        assert "orphaned: lost (no client)" in text
        assert "Not all schemas are as they should be" in text

    def test_says_of_a_schema_that_is_missing_what_can_be_done(self, beta: Client) -> None:
        lose("alpha")
        lose("beta")
        suspend(beta, acting_user=None)
        text = self.run("--verify")
        assert "missing: alpha (Alpha)\n  Restore it from a backup, or make a new one" in text
        assert "missing: beta (Beta)\n  Beta is suspended. Reactivate it first." in text

    def test_in_json(self) -> None:
        text = self.run("--verify", "--json")
        assert '"current": 2' in text
        assert '"is_fine": true' in text
