"""The keys of a file, and the rows that they stand for, a batch at a time."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from console.importing.exceptions import CellError

if TYPE_CHECKING:
    from console.importing.spool import Batch
    from console.importing.table import Table

T = TypeVar("T")
#: The number of a row, and its key or what is wrong with that.
Found = tuple[int, Hashable | CellError]

#: Rows written by one statement, and keys looked up by one query.
BATCH = 1000


class Ahead:
    """A table for the library, which goes through it row by row: whoever looks ahead is told of
    each batch before its first row."""

    def __init__(self, table: Table, arrives: Callable[[Batch], None]) -> None:
        self._table, self._arrives = table, arrives
        self.headers = table.headers

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[list[str]]:
        for batch in self._table.batches():
            self._arrives(batch)
            yield from batch.rows


class Keys:
    """Which keys a file has, and which rows have one that a row above has.

    Of a million keys it takes eight megabytes: each is kept as Python's hash of it. Two rows are
    only called the same where their keys are. That a key is ``in`` the file when another one of
    the same hash is has a chance of one in 10¹³ for a million rows, and matters for nothing but
    what is said of a task's parts.
    """

    def __init__(self, again: Callable[[], Iterable[Found]]) -> None:
        """``again`` goes through the keys of the file, from its start each time."""
        hashes = array(
            "q", (hash(key) for _number, key in again() if not isinstance(key, CellError))
        )
        self._sorted = array("q", sorted(hashes))
        twice = {one for one, other in pairwise(self._sorted) if one == other}
        #: The numbers of the rows of which one above has the same key.
        self.repeated = set(_repeated(again(), twice)) if twice else set()

    def __contains__(self, key: Hashable) -> bool:
        wanted = hash(key)
        place = bisect_left(self._sorted, wanted)
        return place < len(self._sorted) and self._sorted[place] == wanted


def _repeated(found: Iterable[Found], twice: set[int]) -> Iterator[int]:
    above: set[Hashable] = set()
    for number, key in found:
        if isinstance(key, CellError) or hash(key) not in twice:
            continue
        if key in above:
            yield number
        above.add(key)


def in_batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """``BATCH`` of the values at a time."""
    for begin in range(0, len(values), BATCH):
        yield values[begin : begin + BATCH]
