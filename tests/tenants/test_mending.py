"""A schema that is gone is made anew; one that no client has is adopted or dropped."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.test import override_settings
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.models import LogEntry
from tenants.exceptions import (
    ClientArchived,
    ClientNotArchived,
    NameDoesNotMatch,
    NotAllowed,
    NotProvisioned,
    OperationOpen,
)
from tenants.models import Client, ClientStatus, Operation, OperationState, Plan
from tenants.operations import mending
from tenants.operations.lifecycle import archive, suspend
from tenants.operations.mending import adopt, drop_orphan, provision_again
from tenants.operations.refusals import (
    ReactivateFirst,
    SchemaGone,
    SchemaHasClient,
    SchemaIsThere,
    SchemaNotOurs,
)
from tenants.operations.request import cancel_operation
from tenants.operations.run import fail, run_operation
from tenants.operations.versions import is_behind
from tenants.schemas.inspect import schema_exists
from tenants.schemas.rights import sync_rights
from tests.tenants.fleet import as_owner, check, found, lose, make_orphan
from tests.tenants.operating import make_behind

pytestmark = pytest.mark.usefixtures("alpha")


def run(operation: Operation) -> Operation:
    run_operation(operation.pk)
    return Operation.objects.select_related("client").get(pk=operation.pk)


def answers(**other: Any) -> dict[str, Any]:
    plan = Plan.objects.get(code="team")
    return {
        "name": "Lost",
        "plan": plan,
        "admin_name": "Lou",
        "admin_email": "lou@lost.example",
        "domain": "lost.localhost",
        **other,
    }


def allowed(user: User, *codenames: str) -> User:
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return User.objects.get(pk=user.pk)


class TestMissing:
    def test_gets_a_new_schema(self, alpha: Client, operator: User) -> None:
        lose("alpha")
        operation = provision_again(alpha, acting_user=operator)
        alpha.refresh_from_db()
        assert (operation.kind, alpha.status) == ("create_schema", ClientStatus.PROVISIONING)
        assert run(operation).state == OperationState.SUCCEEDED
        alpha.refresh_from_db()
        assert (alpha.status, schema_exists("alpha")) == (ClientStatus.ACTIVE, True)
        with schema_context("alpha"):
            assert User.objects.get().email == alpha.admin_email
        check()
        assert found() == {}

    def test_is_in_the_history(self, alpha: Client, operator: User) -> None:
        lose("alpha")
        provision_again(alpha, acting_user=operator)
        assert LogEntry.objects.filter(event="schema_lost", actor_email=operator.email).exists()

    def test_can_be_archived_instead(self, alpha: Client, operator: User, today: Any) -> None:
        lose("alpha")
        archive(alpha, removal_on=today, acting_user=operator)
        alpha.refresh_from_db()
        assert alpha.is_archived

    def test_is_not_touched_where_it_is_there(self, alpha: Client) -> None:
        with pytest.raises(SchemaIsThere):
            provision_again(alpha, acting_user=None)
        alpha.refresh_from_db()
        assert alpha.is_provisioned
        assert not alpha.operations.open().exists()

    def test_is_asked_for_once(self, alpha: Client) -> None:
        lose("alpha")
        provision_again(alpha, acting_user=None)
        with pytest.raises(OperationOpen):
            provision_again(alpha, acting_user=None)

    def test_not_for_who_is_closed_or_has_none(
        self, alpha: Client, beta: Client, draft: Client, today: Any
    ) -> None:
        lose("alpha")
        lose("beta")
        archive(alpha, removal_on=today, acting_user=None)
        suspend(beta, acting_user=None)
        for client, refusal in (
            (alpha, ClientArchived),
            (beta, ReactivateFirst),
            (draft, NotProvisioned),
        ):
            with pytest.raises(refusal):
                provision_again(client, acting_user=None)

    def test_not_by_those_who_look_on(self, alpha: Client, viewer: User) -> None:
        lose("alpha")
        with pytest.raises(NotAllowed):
            provision_again(alpha, acting_user=viewer)


class TestAdopting:
    def test_makes_a_client_of_it(self, operator: User) -> None:
        make_orphan()
        as_owner("REVOKE ALL ON lost.tenant_data_task FROM PUBLIC, console_web")
        operation = run(adopt("lost", **answers(), acting_user=operator))
        assert (operation.kind, operation.state) == ("adopt_schema", OperationState.SUCCEEDED)
        client = operation.client
        assert (client.name, client.status) == ("Lost", ClientStatus.ACTIVE)
        assert client.get_primary_domain().domain == "lost.localhost"
        assert not is_behind(client)
        assert sync_rights("lost", dry_run=True).mended == []
        check()
        assert found() == {}

    def test_is_asked_for_by_a_process_that_serves_pages(self, operator: User) -> None:
        """It does not know who the owner is."""
        make_orphan()
        with override_settings(OWNER_ROLE=""):
            assert adopt("lost", **answers(), acting_user=operator).is_open

    def test_gives_it_to_the_client_of_that_name(self, draft: Client) -> None:
        make_orphan("gamma")
        assert run(adopt("gamma", acting_user=None)).client == draft
        draft.refresh_from_db()
        assert draft.is_provisioned

    def test_says_that_it_is_behind(self) -> None:
        make_orphan()
        make_behind("lost")
        operation = run(adopt("lost", **answers(), acting_user=None))
        assert is_behind(operation.client)
        assert "migrate it next" in operation.events.last().message

    def test_leaves_a_draft_where_nothing_comes_of_it(self) -> None:
        make_orphan()
        operation = adopt("lost", **answers(), acting_user=None)
        lose("lost")
        operation = run(operation)
        assert (operation.state, operation.client.status) == ("failed", ClientStatus.DRAFT)
        assert "is not in the database" in operation.error

    def test_can_be_cancelled(self) -> None:
        make_orphan()
        check()
        operation = adopt("lost", **answers(), acting_user=None)
        cancel_operation(operation, acting_user=None)
        client = Client.objects.get(schema_name="lost")
        assert client.status == ClientStatus.DRAFT
        assert client.findings.standing().get().kind == "orphaned"

    @pytest.mark.parametrize(
        "other", [{"name": ""}, {"domain": "alpha.localhost"}, {"admin_email": "nobody"}]
    )
    def test_with_wrong_answers_changes_nothing(self, other: dict[str, str]) -> None:
        make_orphan()
        with pytest.raises(ValidationError):
            adopt("lost", **answers(**other), acting_user=None)
        assert not Client.objects.filter(schema_name="lost").exists()

    def test_not_of_what_is_gone_taken_or_not_ours(self, alpha: Client) -> None:
        as_owner("CREATE SCHEMA other")
        for name, refusal in (
            ("gone", SchemaGone),
            ("alpha", SchemaHasClient),
            ("other", SchemaNotOurs),
            ("pg_catalog", SchemaNotOurs),
        ):
            with pytest.raises(refusal):
                adopt(name, **answers(), acting_user=None)

    def test_not_while_the_client_of_that_name_is_archived(self, draft: Client) -> None:
        make_orphan("gamma")
        archive(draft, removal_on=None, acting_user=None)
        with pytest.raises(ClientArchived):
            adopt("gamma", acting_user=None)

    def test_not_by_the_second_of_two_who_are_at_it_at_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_orphan()
        adopt("lost", **answers(), acting_user=None)
        # As the second has read it: before the first was done.
        monkeypatch.setattr(mending, "orphan_hindrance", lambda schema, client: None)
        monkeypatch.setattr(mending, "_named", lambda schema: None)
        with pytest.raises(SchemaHasClient):
            drop_orphan("lost", typed_name="lost", acting_user=None)

    def test_needs_both_rights(self, viewer: User) -> None:
        make_orphan()
        for rights in ([], ["provision_client"], ["add_client"]):
            with pytest.raises(NotAllowed):
                adopt("lost", **answers(), acting_user=allowed(viewer, *rights))
        assert not Client.objects.filter(schema_name="lost").exists()
        user = allowed(viewer, "provision_client", "add_client")
        assert adopt("lost", **answers(), acting_user=user).is_open


class TestDropping:
    def test_leaves_an_archived_client(self, operator: User) -> None:
        make_orphan()
        check()
        operation = run(drop_orphan("lost", typed_name="lost", acting_user=operator))
        assert found() == {}
        assert (operation.kind, operation.state) == ("drop_schema", OperationState.SUCCEEDED)
        assert not schema_exists("lost")
        client = operation.client
        assert (client.name, client.is_archived, client.is_provisioned) == ("lost", True, False)
        assert operator.email in client.notes
        check()
        assert found() == {}

    def test_of_an_archived_client_that_has_none(self, draft: Client) -> None:
        make_orphan("gamma")
        archive(draft, removal_on=None, acting_user=None)
        assert run(drop_orphan("gamma", typed_name="gamma", acting_user=None)).client == draft
        assert not schema_exists("gamma")

    @pytest.mark.parametrize("typed", ["", "Lost", "lost ", "alpha"])
    def test_needs_the_name_exactly(self, typed: str) -> None:
        make_orphan()
        with pytest.raises(NameDoesNotMatch):
            drop_orphan("lost", typed_name=typed, acting_user=None)
        assert not Client.objects.filter(schema_name="lost").exists()

    def test_never_of_what_is_gone_taken_in_use_or_not_ours(self, draft: Client) -> None:
        make_orphan("gamma")
        as_owner("CREATE SCHEMA other")
        for name, refusal in (
            ("gone", SchemaGone),
            ("alpha", SchemaHasClient),
            ("gamma", ClientNotArchived),
            ("other", SchemaNotOurs),
            ("public", SchemaNotOurs),
        ):
            with pytest.raises(refusal):
                drop_orphan(name, typed_name=name, acting_user=None)
        assert not Operation.objects.filter(kind="drop_schema").exists()

    def test_needs_the_right_to_drop(self, viewer: User) -> None:
        make_orphan()
        with pytest.raises(NotAllowed):
            drop_orphan("lost", typed_name="lost", acting_user=allowed(viewer, "archive_client"))
        user = allowed(viewer, "drop_client")
        assert drop_orphan("lost", typed_name="lost", acting_user=user).is_open

    def test_that_failed_leaves_the_schema_with_its_client(self) -> None:
        make_orphan()
        operation = drop_orphan("lost", typed_name="lost", acting_user=None)
        fail(operation, ValueError("no"))
        assert schema_exists("lost")
        check()
        assert found() == {}
