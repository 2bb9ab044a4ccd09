"""Host names in the cells of files."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from console.importing.exceptions import CellError
from console.importing.widgets import Text
from tenants.validators import normalize_hostname, validate_clients_hostname, validate_hostname


class HostName(Text):
    """A host name in the spelling that is stored.

    Whether it is a good one is asked only of names that a row brings: one that a client has had
    since before a rule was made must not keep its file from being imported.
    """

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        return normalize_hostname(super().clean(value))


def hostname_error(host: str) -> CellError | None:
    """Why no client can have this name, or ``None``."""
    try:
        validate_hostname(host)
        validate_clients_hostname(host)
    except ValidationError as error:
        return CellError(str(error.message), **(error.params or {}))
    return None
