"""What the tests of exports share."""

from __future__ import annotations

import io
from typing import Any

from console.importing.exported import ExportedResource
from console.importing.files import read_table
from console.importing.formats import CSV


def exported(resource: type[ExportedResource], kind: Any = CSV, queryset: Any = None) -> bytes:
    """The file that the resource's export is."""
    content = io.BytesIO()
    resource().write_to(content, kind, queryset)
    return content.getvalue()


def column(content: bytes, name: str) -> list[str]:
    """The cells of a column of a file."""
    with read_table(content) as table:
        return list(table.column(name))
