"""How much of its plan a client uses, on its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenants.models import Client, Feature
from tenants.use import Use, use_of


@dataclass(frozen=True, slots=True)
class UsePanel:
    #: ``None`` where the schema does not answer.
    bars: list[Use] | None
    plan: Any
    #: Where the plan can be seen; empty for those who may not.
    plan_url: str
    #: Each feature that a plan can switch on, and whether this one does.
    features: list[tuple[str, bool]]


def use_panel(client: Client, request: HttpRequest) -> UsePanel | None:
    """The panel; ``None`` where the client has no tenant."""
    if not client.is_provisioned:
        return None
    plan = client.plan
    may_see = plan is not None and request.user.has_perm("tenants.view_plan")
    return UsePanel(
        bars=use_of(client),
        plan=plan,
        plan_url=reverse("admin:tenants_plan_change", args=[plan.pk]) if may_see else "",
        features=[(str(feature.label), plan.has(feature)) for feature in Feature] if plan else [],
    )
