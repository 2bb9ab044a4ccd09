"""What the tests of the operations' pages share."""

from __future__ import annotations

from typing import Any

from django.utils.html import strip_tags

from console.accounts.models import User
from tenants.models import Operation, OperationKind
from tenants.operations.request import request_operation
from tests.database import make_client

LIST = "/tenants/operation/"


def three_waiting(operator: User) -> list[Operation]:
    """Three that wait, of clients named Draft0 to Draft2."""
    return [
        request_operation(
            make_client(f"draft{number}", ready=False),
            OperationKind.CREATE_SCHEMA,
            acting_user=operator,
        )
        for number in range(3)
    ]


def url(operation: Operation, path: str = "change") -> str:
    return f"/tenants/operation/{operation.pk}/{path}/"


def states(operations: list[Operation]) -> list[str]:
    found = Operation.objects.in_bulk([operation.pk for operation in operations])
    return [found[operation.pk].state for operation in operations]


def text_of(response: Any) -> str:
    return " ".join(strip_tags(response.content.decode()).split())


def selection(action: str, operations: list[Operation]) -> dict[str, Any]:
    keys = [operation.pk for operation in operations]
    return {"action": action, "index": 0, "select_across": 0, "_selected_action": keys}


def asked(page: Any) -> dict[str, str]:
    """What the page that asks posts when its button is pressed."""
    return {"operations": page.context["operations"]}
