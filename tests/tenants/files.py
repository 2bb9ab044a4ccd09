"""What the tests of imports and exports share."""

from __future__ import annotations

from typing import Any

from console.importing.files import import_file
from console.importing.formats import CSV
from console.importing.resource import KeyedResource
from console.importing.results import ImportResult
from tenants.models import Client
from tenants.resources import ClientResource

HEADER = "name,schema_name,domain,plan,admin_name,admin_email"
NEW = "Gamma,gamma,gamma.localhost,team,Gus,Gus@Gamma.example"


def clients(*rows: str, header: str = HEADER, **options: Any) -> ImportResult:
    """Import rows of clients; with ``dry_run=True``, only find out what would come of it."""
    return import_file(ClientResource, "\n".join([header, *rows]).encode(), **options)


def with_columns(**values: str) -> tuple[str, str]:
    """The header and the row of a new client with more columns."""
    quoted = ('"' + value.replace('"', '""') + '"' for value in values.values())
    return ",".join([HEADER, *values]), ",".join([NEW, *quoted])


def new(**values: str) -> ImportResult:
    """Import a new client, “gamma”, with more columns."""
    header, row = with_columns(**values)
    return clients(row, header=header)


def errors(result: ImportResult) -> list[tuple[str, int, str]]:
    """Column, line and sentence of each."""
    return [
        (column.column, line, sentence.text)
        for column in result.errors_by_column()
        for sentence in column.sentences.values()
        for line in sentence.lines
    ]


def exported(resource: type[KeyedResource]) -> bytes:
    return CSV().export_data(resource().export())


def row_of(client: Client, *more: str, **changes: str) -> str:
    """The client's row as an export has it, with other values in some columns."""
    dataset = ClientResource().export(Client.objects.filter(pk=client.pk))
    row = {**dataset.dict[0], **changes}
    return ",".join(row[name] for name in [*HEADER.split(","), *more])
