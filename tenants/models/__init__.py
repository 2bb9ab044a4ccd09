from tenants.models.client import Client, ClientStatus
from tenants.models.domain import Domain
from tenants.models.operation import (
    OPEN_STATES,
    Operation,
    OperationEvent,
    OperationKind,
    OperationState,
    Rollout,
)
from tenants.models.plan import BillingPeriod, Feature, Limit, Plan
from tenants.models.schema_version import SchemaVersion

__all__ = [
    "OPEN_STATES",
    "BillingPeriod",
    "Client",
    "ClientStatus",
    "Domain",
    "Feature",
    "Limit",
    "Operation",
    "OperationEvent",
    "OperationKind",
    "OperationState",
    "Plan",
    "Rollout",
    "SchemaVersion",
]
