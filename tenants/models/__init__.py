from tenants.models.client import Client
from tenants.models.domain import Domain
from tenants.models.operation import (
    OPEN_STATES,
    Operation,
    OperationEvent,
    OperationKind,
    OperationState,
    Rollout,
)
from tenants.models.plan import Plan

__all__ = [
    "OPEN_STATES",
    "Client",
    "Domain",
    "Operation",
    "OperationEvent",
    "OperationKind",
    "OperationState",
    "Plan",
    "Rollout",
]
