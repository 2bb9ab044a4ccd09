"""Asking for a client's schema to be dropped."""

from __future__ import annotations

from console.accounts.models import User
from tenants.exceptions import NameDoesNotMatch
from tenants.models import Client, Operation, OperationKind
from tenants.operations.authorise import DROP, require
from tenants.operations.request import request_operation


def request_drop(client: Client, *, typed_name: str, acting_user: User | None) -> Operation:
    """Write down that the schema of an archived client is dropped, and hand it to the worker.

    ``typed_name`` is what the person typed to show which schema they mean; raises
    ``NameDoesNotMatch`` where it is another, and what ``request_operation`` raises.
    """
    require(acting_user, DROP)
    if typed_name != client.schema_name:
        raise NameDoesNotMatch(schema=client.schema_name)
    return request_operation(client, OperationKind.DROP_SCHEMA, acting_user=acting_user)
