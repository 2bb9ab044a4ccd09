"""The history: every change is written down once, with who made it, whichever way it came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry as DjangosLogEntry
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.management import call_command
from django.db import transaction
from django.utils.functional import SimpleLazyObject
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history import events
from console.history.acting import acting_as, current_actor
from console.history.events import name_of, sentence
from console.history.models import LogEntry
from console.history.record import record_event, record_many, save_as
from console.history.words import tell
from tenants.history import EVENTS, ClientEvent
from tenants.models import Client, ClientStatus, Domain, OperationKind, Plan
from tenants.operations.request import request_operation
from tenants.operations.run import run_operation
from tests.database import make_client
from tests.tenants.client_pages import change, errors_of, form

Action = LogEntry.Action


def newest(obj: Any) -> LogEntry:
    entry = LogEntry.objects.about(obj).first()
    assert entry is not None
    return entry


@pytest.fixture
def browser(staff_browser: Callable[..., Any], operator: User) -> Any:
    return staff_browser(operator)


@pytest.fixture(autouse=True)
def _named_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of these tests' own."""
    for event in ("renamed", "looked_at", "warm"):
        monkeypatch.setitem(events._events, event, (event, event))


class TestWhatIsWritten:
    def test_what_from_and_what_to(self, alpha: Client) -> None:
        alpha.name = "Alpha Ltd"
        alpha.save()
        entry = newest(alpha)
        assert entry.changes == {"name": ["Alpha", "Alpha Ltd"]}
        assert (entry.action, entry.object_pk) == (Action.UPDATE, str(alpha.pk))

    def test_nothing_where_nothing_was_changed(self, alpha: Client) -> None:
        before = LogEntry.objects.count()
        alpha.save()
        assert LogEntry.objects.count() == before

    def test_not_what_the_verbs_keep(self, alpha: Client) -> None:
        before = LogEntry.objects.count()
        alpha.last_active_at = alpha.created_at
        alpha.save()
        assert LogEntry.objects.count() == before

    def test_a_domains_changes_belong_to_its_client(self, alpha: Client) -> None:
        domain = Domain.objects.create(tenant=alpha, domain="a.example", is_primary=False)
        key = str(domain.pk)
        domain.delete()
        removed, added = LogEntry.objects.about(alpha)[:2]
        assert (added.action, added.object_pk) == (Action.CREATE, key)
        assert (removed.action, removed.object_repr) == (Action.DELETE, "a.example")

    def test_a_plans_changes_are_its_own(self, db: None) -> None:
        plan = Plan.objects.create(code="solo", name="Solo")
        plan.is_retired = True
        plan.save()
        assert newest(plan).changes == {"is_retired": [False, True]}

    def test_a_save_that_is_undone_leaves_no_entry(self, alpha: Client) -> None:
        before = LogEntry.objects.count()

        class Undone(Exception):
            pass

        with pytest.raises(Undone), transaction.atomic():
            alpha.name = "Never"
            alpha.save()
            record_event(alpha, "suspended")
            raise Undone
        assert LogEntry.objects.count() == before


class TestEvents:
    def test_a_change_with_a_name_is_one_entry(self, alpha: Client) -> None:
        before = LogEntry.objects.count()
        alpha.name = "New"
        save_as(alpha, "renamed", update_fields=["name"], reason="They asked")
        assert LogEntry.objects.count() == before + 1
        entry = newest(alpha)
        assert (entry.event, entry.changes) == ("renamed", {"name": ["Alpha", "New"]})
        assert entry.additional_data == {"reason": "They asked"}

    def test_is_written_where_no_field_was_changed(self, alpha: Client) -> None:
        save_as(alpha, "renamed", update_fields=["name"])
        assert (newest(alpha).event, newest(alpha).changes) == ("renamed", None)

    def test_other_objects_saved_meanwhile_are_no_part_of_it(
        self, alpha: Client, beta: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        save = Client.save

        def also_beta(self: Client, *args: Any, **kwargs: Any) -> None:
            if self.schema_name == "alpha":
                beta.name = "Beta Ltd"
                beta.save()
            save(self, *args, **kwargs)

        monkeypatch.setattr(Client, "save", also_beta)
        alpha.name = "New"
        save_as(alpha, "renamed", update_fields=["name"])
        assert (newest(alpha).event, newest(beta).event) == ("renamed", "")

    @pytest.mark.parametrize(
        ("event", "details", "words"),
        [
            ("suspended", {"reason": ""}, "Suspended"),
            ("suspended", {"reason": "100 % late"}, "Suspended \N{EN DASH} 100 % late"),
            ("removal_date_changed", {}, "The data is now to be kept until \N{EN DASH}"),
            ("no_longer_known", {"x": 1}, "no longer known"),
            ("sign_in_link_shown", {"email": "2026-99-99"}, "Sign-in link of 2026-99-99 shown"),
        ],
    )
    def test_in_words(self, alpha: Client, event: str, details: dict[str, Any], words: str) -> None:
        entry = record_event(alpha, "suspended", **details)
        entry.event = event  # A code may have been written by a version that knew it.
        (told,) = tell([entry])
        assert told.text == words

    def test_what_nobody_has_put_into_words_is_not_written(self, alpha: Client) -> None:
        before = LogEntry.objects.count()
        with pytest.raises(ValueError, match="made_up"):
            record_event(alpha, "made_up")
        alpha.name = "New"
        with pytest.raises(ValueError, match="made_up"):
            save_as(alpha, "made_up", update_fields=["name"])
        assert LogEntry.objects.count() == before
        assert Client.objects.get(pk=alpha.pk).name == "Alpha"

    def test_every_code_has_a_name_and_a_sentence(self) -> None:
        assert set(EVENTS) == set(ClientEvent)
        for event in ClientEvent:
            assert name_of(event) != event.replace("_", " ")
            told = sentence(event, {"email": "ada@x.example", "removal_on": "2030-01-31"})
            assert "%" not in told
            assert "\N{EN DASH}" not in told  # A detail that the sentence asks for in vain.


class TestInBulk:
    def test_rows_before_and_after(
        self, alpha: Client, beta: Client, operator: User, django_assert_num_queries: Any
    ) -> None:
        before = Client.objects.get(pk=alpha.pk)
        alpha.name = "Alpha Ltd"
        added = Plan.objects.bulk_create([Plan(code="solo", name="Solo")])[0]
        for obj in (added, alpha):
            record_event(obj, "warm")  # The content types are known from here on.
        with acting_as(operator), django_assert_num_queries(1):
            entries = record_many([(before, alpha), (None, added), (beta, beta), (None, None)])
        changed, created = entries
        assert changed.changes == {"name": ("Alpha", "Alpha Ltd")}
        assert (created.action, created.actor_email) == (Action.CREATE, operator.email)
        assert changed.actor == operator

    def test_only_the_fields_that_are_named(self, alpha: Client) -> None:
        before = Client.objects.get(pk=alpha.pk)
        alpha.name, alpha.status = "Alpha Ltd", ClientStatus.SUSPENDED
        (entry,) = record_many([(before, alpha)], fields=["status"])
        assert set(entry.changes) == {"status"}


class TestWho:
    def test_on_a_page_it_is_whoever_signed_in(
        self, browser: Any, alpha: Client, operator: User
    ) -> None:
        browser.post(f"/tenants/client/{alpha.pk}/suspend/", {"reason": "Late"})
        entry = newest(alpha)
        assert (entry.actor, entry.actor_email) == (operator, operator.email)
        assert current_actor() is None  # Not longer than the request.

    def test_in_a_terminal_it_is_nobody(self, alpha: Client) -> None:
        alpha.name = "New"
        alpha.save()
        (told,) = tell(LogEntry.objects.about(alpha).select_related("content_type")[:1])
        assert (told.entry.actor_email, told.who) == (None, "an operator, in a terminal")

    def test_of_a_command_too(self, db: None) -> None:
        Plan.objects.get_or_create(code="team", defaults={"name": "Team"})
        client = make_client("gamma", ready=False)
        request_operation(client, OperationKind.CREATE_SCHEMA, acting_user=None)
        assert newest(client).actor_email is None
        call_command("check")

    def test_a_worker_acts_for_whoever_asked(self, db: None, operator: User) -> None:
        client = make_client("gamma", ready=False)
        operation = request_operation(client, OperationKind.CREATE_SCHEMA, acting_user=operator)
        assert current_actor() is None
        run_operation(operation.pk)
        made = newest(client)
        assert made.changes == {"status": ["provisioning", "active"]}
        assert made.actor_email == operator.email

    def test_staff_at_work_in_a_tenant_are_an_address_alone(
        self, alpha: Client, operator: User
    ) -> None:
        """Their id means somebody else in the tenant's table of users."""
        with acting_as(operator), schema_context("alpha"):
            user = User.objects.get()
            entry = record_event(user, "looked_at")
            assert (entry.actor, entry.actor_email) == (None, operator.email)

    def test_the_address_outlives_the_account(self, alpha: Client) -> None:
        with schema_context("alpha"):
            user = User.objects.create_superuser("bea@alpha.example")
            with acting_as(user):
                entry = record_event(User.objects.get(email=alpha.admin_email), "looked_at")
            assert entry.actor == user
            user.delete()
            entry.refresh_from_db()
            assert (entry.actor, entry.actor_email) == (None, "bea@alpha.example")

    def test_blocks_may_be_nested(self, alpha: Client, operator: User, viewer: User) -> None:
        with acting_as(operator):
            with acting_as(viewer):
                record_event(alpha, "suspended")
            record_event(alpha, "reactivated")
        second, first = LogEntry.objects.about(alpha)[:2]
        assert (first.actor, second.actor) == (viewer, operator)

    def test_the_user_is_looked_at_only_when_something_is_written(
        self, alpha: Client, operator: User
    ) -> None:
        asked: list[bool] = []

        def who() -> User:
            asked.append(True)
            return operator

        with acting_as(SimpleLazyObject(who)):
            assert not asked
            record_event(alpha, "suspended")
        assert newest(alpha).actor == operator
        with acting_as(AnonymousUser()):
            assert current_actor() is None


class TestThereIsOneHistory:
    def test_djangos_own_is_not_written(self, browser: Any, alpha: Client) -> None:
        domain = alpha.domains.get()
        data = form((domain.domain, True, False, domain.pk), client=alpha, name="Alpha Ltd")
        browser.post(change(alpha), data)
        alpha.refresh_from_db()
        assert alpha.name == "Alpha Ltd"
        assert newest(alpha).changes["name"] == ["Alpha", "Alpha Ltd"]
        browser.post("/tenants/domain/add/", {"domain": "a.example", "tenant": alpha.pk})
        added = Domain.objects.get(domain="a.example")
        browser.post(f"/tenants/domain/{added.pk}/delete/", {"post": "yes"})
        assert newest(alpha).action == Action.DELETE
        assert not DjangosLogEntry.objects.exists()

    def test_the_primary_domain_that_falls_is_in_it(self, browser: Any, alpha: Client) -> None:
        old = alpha.domains.get()
        rows = [(old.domain, False, False, old.pk), ("new.example", True)]
        response = browser.post(change(alpha), form(*rows, client=alpha))
        assert response.status_code == 302, errors_of(response)
        about_old = LogEntry.objects.about(alpha).filter(object_repr=old.domain)
        assert about_old[0].changes == {"is_primary": [True, False]}

    @pytest.mark.parametrize("page", ["client", "domain", "plan"])
    def test_the_page_of_an_object_leads_to_it(
        self, browser: Any, alpha: Client, page: str
    ) -> None:
        domain = alpha.domains.get()
        keys = {"client": alpha.pk, "domain": domain.pk, "plan": alpha.plan_id}
        with acting_as(None):
            alpha.name, domain.domain, alpha.plan.name = "A2", "a2.example", "Team 2"
            for obj in (alpha, domain, alpha.plan):
                obj.save()
        response = browser.get(f"/tenants/{page}/{keys[page]}/history/", follow=True)
        entries = response.context["cl"].result_list
        changed = {e.content_type.model for e in entries if e.action == Action.UPDATE}
        assert page in changed
        assert changed <= {"client": {"client", "domain"}}.get(page, {page})

    def test_not_for_those_who_may_not_read_it(
        self, staff_browser: Callable[..., Any], outsider: User, alpha: Client
    ) -> None:
        outsider.user_permissions.set(Permission.objects.filter(codename="view_client"))
        browser = staff_browser(outsider)
        assert browser.get(f"/tenants/client/{alpha.pk}/history/").status_code == 403
        assert "/history/" not in browser.get(change(alpha)).content.decode()

    def test_an_object_that_is_not_there(self, browser: Any, db: None) -> None:
        assert browser.get("/tenants/client/999999/history/").status_code == 302

    def test_in_a_tenant_everything_is_as_before(
        self, tenant_browser: Callable[..., Any], alpha: Client, owner: User
    ) -> None:
        browser = tenant_browser(alpha, owner)
        browser.post("/tenant_data/project/add/", {"key": "WEB", "name": "Website"})
        with schema_context("alpha"):
            assert DjangosLogEntry.objects.count() == 1
            assert not LogEntry.objects.exists()
