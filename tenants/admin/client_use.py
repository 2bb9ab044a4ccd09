"""How much of its plan a client uses, on its page."""

from __future__ import annotations

from dataclasses import dataclass

from tenants.models import Client, Feature
from tenants.use import Use, use_of


@dataclass(frozen=True, slots=True)
class UsePanel:
    #: ``None`` where the schema does not answer.
    bars: list[Use] | None
    #: Each feature that a plan can switch on, and whether this one does.
    features: list[tuple[str, bool]]


def use_panel(client: Client) -> UsePanel | None:
    """The panel; ``None`` where the client has no tenant."""
    if not client.is_provisioned:
        return None
    plan = client.plan
    return UsePanel(
        bars=use_of(client),
        features=[(str(feature.label), plan.has(feature)) for feature in Feature] if plan else [],
    )
