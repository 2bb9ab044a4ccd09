"""Schemas as any tenant's, for a trial, that are removed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tenants.schemas.hidden import DOCTOR, new_name, remove_hidden
from tenants.schemas.locks import schema_lock
from tenants.schemas.provision import create_any_schema

_LOCK = "trials of the doctor"


@contextmanager
def thrown_away(count: int) -> Iterator[list[str]]:
    """So many schemas, for the length of the block; no client has them.

    They are committed, as others have to see them. What a killed process left of an earlier trial
    is removed first. Runs as the owner. Raises ``SchemaBusy`` where another trial is going on.
    """
    with schema_lock(_LOCK):
        remove_hidden(DOCTOR)
        names = [new_name(DOCTOR) for _number in range(count)]
        try:
            for name in names:
                create_any_schema(name, report=lambda *args, **kwargs: None)
            yield names
        finally:
            remove_hidden(DOCTOR)
