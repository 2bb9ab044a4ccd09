"""What an operator may expect, on the pages that ask before something is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

if TYPE_CHECKING:
    from tenants.models import Client

register = template.Library()


@register.inclusion_tag("tenants/expectations.html")
def expect_operation(kind: str, client: Client) -> dict[str, Any]:
    """What an operation of this kind does to the client."""
    # Django reads all tag libraries to draw a widget, which the admin's modules do on import.
    from tenants.admin.expectations import of_operation
    from tenants.models import OperationKind

    return {"points": of_operation(OperationKind(kind), client)}
