"""Finding the rows that a file speaks of, all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.utils.translation import gettext as _
from import_export.instance_loaders import BaseInstanceLoader

from console.importing.exceptions import CellError
from console.importing.table import Table

if TYPE_CHECKING:
    from console.importing.resource import KeyedResource


T = TypeVar("T")

#: Rows written by one statement, and keys looked up by one query.
BATCH = 1000


class KeyedInstanceLoader(BaseInstanceLoader):
    """Answers from what the resource loaded by natural key before the first row."""

    resource: KeyedResource

    def get_instance(self, row: dict[str, str]) -> Any | None:
        return self.resource.existing.get(self.resource.current_key)


def read_keys(
    table: Table, read_key: Callable[[dict[str, str]], Hashable]
) -> list[Hashable | CellError]:
    """The key of each row, or what is wrong with it; a key that a line above has is wrong."""
    first: dict[Hashable, int] = {}
    keys: list[Hashable | CellError] = []
    for _number, line, cells in table.numbered():
        try:
            key = read_key(dict(zip(table.headers, cells, strict=True)))
        except CellError as error:
            keys.append(error)
            continue
        if key in first:
            keys.append(CellError(_("Line %(line)s is about the same one."), line=first[key]))
            continue
        first[key] = line
        keys.append(key)
    return keys


def good_batches(keys: list[Hashable | CellError]) -> Iterator[list[Hashable]]:
    """The keys that can be looked up, ``BATCH`` at a time."""
    return in_batches([key for key in keys if not isinstance(key, CellError)])


def in_batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """``BATCH`` of the values at a time."""
    for begin in range(0, len(values), BATCH):
        yield values[begin : begin + BATCH]
