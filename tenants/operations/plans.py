"""Whether a plan is offered to clients that do not have it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from console.accounts.models import User
from console.history.acting import acting_as
from tenants.exceptions import PlanIsOffered, PlanRetired, TenantError
from tenants.models import Client, Plan
from tenants.operations.authorise import require

CHANGE_PLAN = "tenants.change_plan"


def plans_for(client: Client) -> QuerySet[Plan]:
    """The plans that the client can have: those that are offered, and the one it has."""
    return Plan.objects.offered() | Plan.objects.filter(pk=client.plan_id)


def plan_hindrance(plan: Plan, *, had: Plan | None) -> TenantError | None:
    """Why a client that ``had`` that plan so far cannot be given this one, or ``None``."""
    return PlanRetired(plan=plan) if plan.is_retired and plan != had else None


def retire(plan: Plan, *, acting_user: User | None) -> Plan:
    """Offer the plan to nobody any more; clients that have it keep it.

    Locks the plan's row until the transaction ends. Raises ``NotAllowed``, ``PlanRetired`` where
    it is retired already, and ``Plan.DoesNotExist``.
    """
    return _offer(plan, False, acting_user)


def offer_again(plan: Plan, *, acting_user: User | None) -> Plan:
    """Offer a retired plan again. As ``retire``; raises ``PlanIsOffered``."""
    return _offer(plan, True, acting_user)


def _offer(plan: Plan, is_offered: bool, acting_user: User | None) -> Plan:
    require(acting_user, CHANGE_PLAN)
    with transaction.atomic(), acting_as(acting_user):
        plan = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
        if plan.is_retired is not is_offered:
            raise PlanIsOffered(plan=plan) if is_offered else PlanRetired(plan=plan)
        plan.is_retired = not is_offered
        plan.save(update_fields=["is_retired"])
    return plan
