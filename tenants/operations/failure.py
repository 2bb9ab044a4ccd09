"""What a failed operation says: plain words, and the technical text apart."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tenants.exceptions import TenantError
from tenants.models import Operation
from tenants.operations.parts import has_applied_parts


def put_into_words(operation: Operation, exc: Exception) -> None:
    """Fill in what the operation says of its failure; the caller saves it."""
    if isinstance(exc, TenantError):
        operation.error, operation.error_detail = str(exc), ""
    elif has_applied_parts(operation):
        operation.error = _(
            "It failed after some of it was done, and what the log says was applied stays. The "
            "technical detail says why; “Try again” goes on from there."
        )
        operation.error_detail = describe(exc)
    else:
        operation.error = _(
            "It failed, and everything it had begun was undone. The technical detail says why."
        )
        operation.error_detail = describe(exc)


def describe(exc: Exception) -> str:
    """The technical text: the kind of error, its words, and those of what caused it."""
    lines = []
    cause: BaseException | None = exc
    while cause is not None and len(lines) < 5:
        line = f"{type(cause).__name__}: {cause}".strip()
        if line not in lines:
            lines.append(line)
        cause = cause.__cause__
    return "\n".join(lines)
