"""What would come of a file, and bringing it in: by a request or by a job, in the same way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from typing import Any, BinaryIO

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from console.history.acting import acting_as, part_of
from console.importing import storage
from console.importing.exceptions import (
    Cancelled,
    ConflictError,
    DataChanged,
    FileError,
    ImportingError,
)
from console.importing.faults import Faults, write_faulty
from console.importing.files import read_table
from console.importing.mapped import MappedTable, map_table
from console.importing.mapping import Mapping, digest_of_headings
from console.importing.mapping_words import shown_mapping
from console.importing.models import Import, ImportState
from console.importing.progress import Watch
from console.importing.provider import leave_of, tell_staff
from console.importing.reading import Reading
from console.importing.reading_words import words_of_reading
from console.importing.remembering import recall, recall_ways, remember
from console.importing.resource import KeyedResource
from console.importing.results import ImportResult
from console.importing.shown import shown_refusal, shown_result
from console.importing.streams import Listen
from console.importing.table import OF_PAGES, Limits, Table

#: Makes the resource: each is good for one look at the file.
Make = Callable[[], KeyedResource]
#: Makes another mapping of the one by which a table would be read.
Adjust = Callable[[Mapping, Table, KeyedResource], Mapping]
#: So often the rows that depend on those in error are looked for; more are refused.
MOST_PASSES = 10
_TOTALS = ("new", "changed", "unchanged", "in_error")


def check(
    import_: Import,
    make: Make,
    *,
    user: Any,
    watch: Watch | None = None,
    limits: Limits = OF_PAGES,
    adjust: Adjust | None = None,
) -> None:
    """Find out what would come of the file, and put it into the import, which is not saved: it
    waits for a person then, who confirms it or says how the file is to be read.

    Raises ``FileError`` for a file that can be read in no way, and ``Cancelled``.
    """
    user = leave_of(user)
    with ExitStack() as opened:
        file = opened.enter_context(storage.look(import_.stored_as))
        faults = opened.enter_context(Faults())
        table: MappedTable | None = None
        try:
            table = _table(opened, file, import_, make, limits, watch, adjust)
            result = _look(table, make, user, watch, faults)
        except Cancelled:
            raise
        except ImportingError as refusal:
            reading = table.reading if table is not None else getattr(refusal, "reading", None)
            if reading is None:
                raise
            _unsettled(import_, refusal, reading, table)
            return
        read_as = words_of_reading(table.reading, table)
        faults.locate(table)
        faulty = write_faulty(file, table.reading, faults, limits, _listen(watch, len(table)))
        storage.drop(import_.faulty)
        import_.state, import_.error, import_.confirmed_at = ImportState.READY, "", None
        import_.reading, import_.faulty = asdict(table.reading), faulty
        import_.mapping = table.mapping.as_json()
        import_.preview = shown_result(result, read_as)
        # Where nothing is wrong, nobody has to choose what becomes of a value.
        import_.preview["mapping"] = shown_mapping(table, with_unknown=result.has_errors())
        _count(import_, result, total=len(table))


def _table(
    opened: ExitStack,
    file: BinaryIO,
    import_: Import,
    make: Make,
    limits: Limits,
    watch: Watch | None,
    adjust: Adjust | None = None,
) -> MappedTable:
    """The file's rows, with its columns read as was chosen; or else as in the last file with the
    same ones, or as is likely. They are there until what is ``opened`` is closed."""
    resource = make()
    reading, listen = Reading(**import_.reading), _listen(watch)
    table = opened.enter_context(
        read_table(file, reading, resource.wanted(), limits=limits, listen=listen)
    )
    mapping, is_remembered = Mapping.from_json(import_.mapping), False
    if not mapping.columns:
        mapping = recall(import_.model, digest_of_headings(table.headers))
        is_remembered = bool(mapping.columns)
    try:
        if adjust is not None:
            mapping = adjust(mapping, table, resource)
        mapped = map_table(table, resource, mapping)
        opened.enter_context(mapped)
    except FileError as error:
        error.reading = table.reading
        raise
    mapped.is_remembered = is_remembered
    mapped.likely = recall_ways(import_.model, mapped.headings_digest)
    return mapped


def _listen(watch: Watch | None, rows: int = 0) -> Listen | None:
    """For reading alone, before the rows are known or after all of them were seen: hears that it
    is to stop."""
    return None if watch is None else partial(watch, rows, rows)


def _look(table: Table, make: Make, user: Any, watch: Watch | None, faults: Faults) -> ImportResult:
    return make().import_data(table, dry_run=True, user=user, watch=watch, fault=faults.add)


def _unsettled(
    import_: Import, refusal: ImportingError, reading: Reading, table: MappedTable | None
) -> None:
    storage.drop(import_.faulty)
    import_.state, import_.faulty = ImportState.UNSETTLED, ""
    import_.reading = asdict(reading)
    import_.preview = shown_refusal(refusal, words_of_reading(reading, table))
    if table is not None:
        import_.mapping = table.mapping.as_json()
        import_.preview["mapping"] = shown_mapping(table, with_unknown=False)
    import_.error = "" if import_.preview["questions"] else str(refusal)
    import_.total = import_.done = len(table) if table is not None else 0
    for name in _TOTALS:
        setattr(import_, name, 0)


def _count(import_: Import, result: ImportResult, *, total: int) -> None:
    import_.total = import_.done = total
    for name in _TOTALS:
        setattr(import_, name, getattr(result, name))


def bring_in(
    import_: Import,
    make: Make,
    *,
    user: Any,
    watch: Watch | None = None,
    limits: Limits = OF_PAGES,
) -> None:
    """Import the file, all of it or the good rows only, and close the import as done.

    All of it is written in the caller's transaction, the import's end with it; the files are the
    caller's to delete after that. Raises ``DataChanged`` where something else comes of a row than
    its preview said, which the transaction then takes back, ``Cancelled`` also where somebody
    wanted that at the last moment, and what imports raise.
    """
    user = leave_of(user)
    with acting_as(user), part_of(import_.cid), ExitStack() as opened:
        file = opened.enter_context(storage.look(import_.stored_as, digest=import_.digest))
        faults = opened.enter_context(Faults())
        whole = _table(opened, file, import_, make, limits, watch)
        table: Table = whole
        foreseen = (import_.preview or {}).get("digest")
        if import_.good_rows_only:
            table, foreseen = _good_rows(whole, foreseen, make, user, watch, faults)
        result = make().import_data(table, dry_run=False, user=user, watch=watch)
        if result.has_errors() or result.digest != foreseen:
            raise DataChanged
        _count(import_, result, total=len(whole))
        import_.in_error = len(faults)
        faulty = write_faulty(file, whole.reading, faults, limits, _listen(watch, len(whole)))
        remember(import_.model, whole.headings_digest, whole.mapping, whole.ways)
    try:
        _close_as_done(import_, faulty, result)
        tell_staff(import_)
    except BaseException:
        storage.drop(faulty)
        raise


def _good_rows(
    table: Table,
    foreseen: str | None,
    make: Make,
    user: Any,
    watch: Watch | None,
    faults: Faults,
) -> tuple[Table, str]:
    """The table without the rows in error, and without those that are in error without these; with
    the digest of what comes of the others. Raises ``DataChanged`` as ``bring_in``."""
    for number in range(MOST_PASSES):
        result = _look(table, make, user, watch, faults)
        if number == 0 and result.digest != foreseen:
            raise DataChanged
        if not result.has_errors():
            return table, result.digest
        numbers = faults.locate(table)
        if len(numbers) == len(table):
            raise DataChanged
        table = table.without(numbers)
    raise FileError(
        _("Too many rows are in error because of other rows that are. Mend the file first.")
    )


def _close_as_done(import_: Import, faulty: str, result: ImportResult) -> None:
    shown = import_.preview or {}
    import_.state, import_.finished_at = ImportState.DONE, timezone.now()
    import_.stored_as, import_.faulty, import_.error = "", faulty, ""
    # What was shown of the rows is in the history; the rest says how they were read.
    import_.preview = {
        "read_as": shown.get("read_as", []),
        "warnings": result.warnings,
        "notes": result.notes,
    }
    names = ("state", "finished_at", "stored_as", "faulty", "error", "preview", "total", "done")
    values = {name: getattr(import_, name) for name in (*names, *_TOTALS)}
    mine = Import.objects.filter(
        pk=import_.pk, state__in=(ImportState.READY, ImportState.RUNNING), cancel_asked=False
    )
    if not mine.update(**values):
        raise Cancelled


def in_words(error: Exception) -> str:
    """What the import says of an error that ended it."""
    return str(ConflictError()) if isinstance(error, IntegrityError) else str(error)
