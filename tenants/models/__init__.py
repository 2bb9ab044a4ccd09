from tenants.models.client import Client, ClientStatus
from tenants.models.domain import Domain
from tenants.models.finding import (
    DIFFERENCES_AT_MOST,
    CheckReason,
    FindingKind,
    FleetCheck,
    SchemaFinding,
)
from tenants.models.operation import (
    ATTEMPT,
    HELD_BACK,
    MAKING,
    OPEN_STATES,
    STAYS,
    STEPS,
    Operation,
    OperationEvent,
    OperationKind,
    OperationState,
)
from tenants.models.plan import BillingPeriod, Feature, Limit, Plan
from tenants.models.rollout import Rollout, RolloutState
from tenants.models.schema_version import SchemaVersion
from tenants.models.template import SchemaTemplate
from tenants.models.week import WeekStart

__all__ = [
    "ATTEMPT",
    "DIFFERENCES_AT_MOST",
    "HELD_BACK",
    "MAKING",
    "OPEN_STATES",
    "STAYS",
    "STEPS",
    "BillingPeriod",
    "CheckReason",
    "Client",
    "ClientStatus",
    "Domain",
    "Feature",
    "FindingKind",
    "FleetCheck",
    "Limit",
    "Operation",
    "OperationEvent",
    "OperationKind",
    "OperationState",
    "Plan",
    "Rollout",
    "RolloutState",
    "SchemaFinding",
    "SchemaTemplate",
    "SchemaVersion",
    "WeekStart",
]
