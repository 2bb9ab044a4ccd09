"""That what a block writes is found, for many tests say by it that nothing was written."""

from __future__ import annotations

from django.db import transaction
from django_tenants.utils import schema_context

from tenant_data.models import Label
from tenants.models import Client, Plan
from tests.snapshot import taken_back


def test_what_is_added_changed_and_deleted_is_found_and_taken_back(alpha: Client) -> None:
    with schema_context("alpha"):
        label = Label.objects.create(name="Here")
    with taken_back("alpha", "public") as wrote:
        Plan.objects.filter(pk=alpha.plan_id).update(name="Another")
        with schema_context("alpha"):
            Label.objects.all().delete()
    assert wrote >= {"alpha.tenant_data_label", "public.tenants_plan"}
    with taken_back("alpha") as wrote, schema_context("alpha"):
        Label.objects.bulk_create([Label(name="New")])
    assert wrote == {"alpha.tenant_data_label"}
    alpha.plan.refresh_from_db()
    assert alpha.plan.name == "Team"
    with schema_context("alpha"):
        assert list(Label.objects.all()) == [label]


def test_what_is_as_it_was_before_is_no_change(alpha: Client) -> None:
    with taken_back("public") as wrote:
        Plan.objects.filter(pk=alpha.plan_id).update(name=alpha.plan.name)
        savepoint = transaction.savepoint()
        Plan.objects.create(code="new", name="New")
        transaction.savepoint_rollback(savepoint)
    assert wrote == set()


def test_what_is_written_elsewhere_is_not_asked_for(alpha: Client) -> None:
    with taken_back("alpha") as wrote:
        Plan.objects.filter(pk=alpha.plan_id).update(name="Another")
    assert wrote == set()
