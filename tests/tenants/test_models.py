"""What the public side's tables hold, whoever writes to them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from console.history.models import LogEntry
from tenants.models import Client, Domain, Operation, OperationKind, OperationState
from tenants.schemas.inspect import schema_exists
from tests.database import make_client


class TestClients:
    def test_saving_one_makes_no_schema(self, db: None) -> None:
        make_client("gamma", ready=False)
        assert not schema_exists("gamma")

    def test_saving_one_whose_schema_is_gone_makes_none(self, alpha: Client) -> None:
        client = make_client("gamma", ready=False)
        client.save()
        assert not schema_exists("gamma")

    def test_deleting_one_with_operations_is_refused(self, alpha: Client) -> None:
        with pytest.raises(ProtectedError):
            alpha.delete()
        assert schema_exists("alpha")

    @pytest.mark.parametrize(
        "values", [{"schema_name": "Bad Name"}, {"admin_email": "Capital@example.com"}]
    )
    def test_the_database_refuses_what_a_form_would(
        self, alpha: Client, values: dict[str, Any]
    ) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Client.objects.filter(pk=alpha.pk).update(**values)

    def test_companies_are_all_but_the_console(self, alpha: Client, beta: Client) -> None:
        assert set(Client.objects.companies()) == {alpha, beta}


class TestDomains:
    def test_are_kept_in_lower_case(self, alpha: Client) -> None:
        assert Domain.objects.create(tenant=alpha, domain="Work.Example.COM").domain == (
            "work.example.com"
        )

    def test_belong_to_one_client(self, alpha: Client, beta: Client) -> None:
        domain = Domain(tenant=beta, domain="ALPHA.localhost")
        with pytest.raises(ValidationError, match="belongs to a client already"):
            domain.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            domain.save()

    def test_a_new_primary_one_takes_over(self, alpha: Client) -> None:
        Domain.objects.create(tenant=alpha, domain="work.example.com", is_primary=True)
        assert alpha.get_primary_domain().domain == "work.example.com"
        assert alpha.domains.filter(is_primary=True).count() == 1

    def test_one_that_cannot_be_saved_takes_no_place(self, alpha: Client, beta: Client) -> None:
        entries = LogEntry.objects.count()
        with pytest.raises(IntegrityError):
            Domain.objects.create(tenant=beta, domain="alpha.localhost", is_primary=True)
        assert beta.get_primary_domain().domain == "beta.localhost"
        assert LogEntry.objects.count() == entries

    def test_the_database_keeps_one_primary(self, alpha: Client) -> None:
        Domain.objects.create(tenant=alpha, domain="work.example.com", is_primary=False)
        with pytest.raises(IntegrityError), transaction.atomic():
            alpha.domains.update(is_primary=True)


class TestOperations:
    def test_the_database_keeps_one_open(self, alpha: Client) -> None:
        values = {"client": alpha, "kind": OperationKind.MIGRATE_SCHEMA}
        Operation.objects.create(**values)
        with pytest.raises(IntegrityError), transaction.atomic():
            Operation.objects.create(**values, state=OperationState.RUNNING)
        Operation.objects.create(**values, state=OperationState.SUCCEEDED)
