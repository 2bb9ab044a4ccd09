"""Who a change is written down for: a request, a verb, a worker, somebody in a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry as DjangosLogEntry
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.management import call_command
from django.utils.functional import SimpleLazyObject
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history import events
from console.history.acting import acting_as, current_actor
from console.history.models import LogEntry
from console.history.record import record_event
from console.history.words import tell
from tenants.models import Client, Domain, OperationKind, Plan
from tenants.operations.request import request_operation
from tenants.operations.run import run_operation
from tests.database import make_client
from tests.tenants.client_pages import change, errors_of, form

Action = LogEntry.Action


def newest(obj: Any) -> LogEntry:
    entry = LogEntry.objects.about(obj).first()
    assert entry is not None
    return entry


@pytest.fixture(autouse=True)
def _named_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of these tests' own."""
    for event in ("renamed", "looked_at", "warm"):
        monkeypatch.setitem(events._events, event, (event, event))


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

    def test_in_a_tenant_too(
        self, tenant_browser: Callable[..., Any], alpha: Client, owner: User
    ) -> None:
        form = {"key": "WEB", "name": "Website", "status": "active", "colour": "blue"}
        tenant_browser(alpha, owner).post("/tenant_data/project/add/", form)
        with schema_context("alpha"):
            added = LogEntry.objects.get(content_type__model="project")
            assert (added.action, added.actor_email) == (Action.CREATE, owner.email)
            assert not DjangosLogEntry.objects.exists()
