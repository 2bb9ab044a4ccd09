"""What people do about an import: bring a file, have it read otherwise, confirm it, stop it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.core.files.base import File
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from console.importing import storage
from console.importing.checking import Make, bring_in, check, in_words
from console.importing.exceptions import (
    Cancelled,
    ConfirmError,
    DataChanged,
    ImportingError,
    NotAllowed,
    RowsBusy,
    TooMany,
)
from console.importing.formats import ZIP
from console.importing.mapping import Mapping
from console.importing.models import WITH_A_PERSON, Import, ImportState
from console.importing.packed import unpacked_size
from console.importing.progress import Watch
from console.importing.provider import Provider, leave_of
from console.importing.queue import enqueue_import
from console.importing.reading import Reading
from console.importing.writing import waiting_briefly

logger = logging.getLogger(__name__)

#: A file up to this size (bytes) is read while somebody waits for the page; a job reads larger
#: ones. Of a workbook, what it unpacks to counts.
SMALL, SMALL_UNPACKED = 500_000, 1_500_000
#: How long a file waits for somebody to confirm it.
CONFIRM_WITHIN = timedelta(days=1)
#: So many files are in the hands of the worker at the most, in each schema.
MAX_AT_WORK = 10
OUR_SIDE = gettext_noop("Something went wrong on our side. Nothing was changed.")


def is_small(import_: Import) -> bool:
    """Raises ``FileError`` for what is packed and no workbook."""
    with storage.look(import_.stored_as) as file:
        if file.read(len(ZIP)) == ZIP:
            return unpacked_size(file) <= SMALL_UNPACKED
    return import_.size <= SMALL


def receive(file: File[bytes], *, model: str, name: str, make: Make, user: Any) -> Import:
    """Keep a file that was uploaded, and find out what would come of it: at once where it is
    small, or else by a job.

    Raises ``FileError`` where it is small and can be read in no way, and ``TooMany`` where the
    worker has enough to do; then nothing is kept.
    """
    if Import.objects.at_work().count() >= MAX_AT_WORK:
        raise TooMany
    kept = storage.keep(file)
    import_ = Import(
        model=model,
        file_name=name,
        digest=kept.digest,
        size=kept.size,
        stored_as=kept.name,
        requested_by=leave_of(user),
        requested_by_email=user.email,
        by_provider=isinstance(user, Provider),
    )
    try:
        if is_small(import_):
            check(import_, make, user=user)
        with transaction.atomic():
            import_.save()
            if import_.is_at_work:
                enqueue_import(connection.schema_name, import_.pk)
    except BaseException:
        storage.drop(import_.stored_as, import_.faulty)
        raise
    return import_


def read_again(
    import_: Import,
    reading: Reading | None = None,
    mapping: Mapping | None = None,
    *,
    make: Make,
    user: Any,
) -> None:
    """Check a file that is here already, read as ``reading`` and ``mapping`` say, where they are
    given. Raises ``ConfirmError`` where it does not wait for this user, and ``FileError``."""
    with _failing_without_file(import_), _taken(import_, user, WITH_A_PERSON) as mine:
        if reading is not None:
            mine.reading = asdict(reading)
        if mapping is not None:
            mine.mapping = mapping.as_json()
        if is_small(mine):
            check(mine, make, user=user)
        else:
            _hand_to_worker(mine, ImportState.UPLOADED)
        mine.save()


def confirm(import_: Import, *, good_rows_only: bool, make: Make, user: Any) -> None:
    """Import the file: at once where it is small, or else by a job.

    Raises ``ConfirmError`` where it does not wait for this user to confirm it, ``RowsBusy`` where
    somebody else has its rows, and ``DataChanged`` where it has to be looked at again. Whatever
    else goes wrong ends the import as failed.
    """
    try:
        with _failing_without_file(import_), _taken(import_, user, (ImportState.READY,)) as mine:
            if not has_something_to_import(mine, good_rows_only=good_rows_only):
                raise ConfirmError
            mine.good_rows_only, mine.confirmed_at = good_rows_only, timezone.now()
            if not is_small(mine):
                _hand_to_worker(mine, ImportState.WAITING)
                mine.save()
                return
            mine.started_at = timezone.now()
            mine.save()
            stored_as, faulty = mine.stored_as, mine.faulty
            with waiting_briefly():
                bring_in(mine, make, user=user)
        storage.drop(stored_as, faulty)
    except (ConfirmError, RowsBusy, OperationalError, InterfaceError):
        raise  # It waits as before.
    except DataChanged as changed:
        with _failing_without_file(import_):
            look_again(import_, changed, make=make, user=user)
        raise
    except (ImportingError, IntegrityError) as error:
        close(import_, ImportState.FAILED, in_words(error))
    except Exception:
        close(import_, ImportState.FAILED, _(OUR_SIDE))
        raise


def has_something_to_import(import_: Import, *, good_rows_only: bool) -> bool:
    """Whether there is something to confirm: with rows in error, the good rows alone."""
    return bool(import_.new + import_.changed) and bool(import_.in_error) == good_rows_only


def look_again(
    import_: Import, why: ImportingError, *, make: Make, user: Any, watch: Watch | None = None
) -> None:
    """Check a file anew whose rows are not what they were, and say why it waits again."""
    import_.refresh_from_db()
    with keeping_unless_unwanted(import_):
        check(import_, make, user=user, watch=watch)
        import_.error = str(why)


@contextmanager
def keeping_unless_unwanted(import_: Import) -> Iterator[None]:
    """Save what is found out about the import in the block, unless it is over, or somebody did
    something about it meanwhile: then that stands. Raises ``Cancelled``."""
    if import_.is_over:
        raise Cancelled
    state = import_.state
    yield
    with transaction.atomic():
        now = Import.objects.select_for_update(of=("self",)).get(pk=import_.pk)
        if now.cancel_asked or now.state != state:
            storage.drop(import_.faulty)
            raise Cancelled
        import_.save()


def cancel(import_: Import, *, user: Any) -> None:
    """Forget a file that waits, or have the work on it stopped within a second or two; it leaves
    nothing. Raises ``NotAllowed``, and ``ConfirmError`` where it is over."""
    if not import_.belongs_to(user):
        raise NotAllowed
    with transaction.atomic():
        mine = Import.objects.select_for_update().get(pk=import_.pk)
        if mine.state in (ImportState.CHECKING, ImportState.RUNNING):
            Import.objects.filter(pk=mine.pk).update(cancel_asked=True)
            return
    if mine.state not in (*WITH_A_PERSON, ImportState.UPLOADED, ImportState.WAITING):
        raise ConfirmError
    close(mine, ImportState.CANCELLED)


def close(import_: Import, state: ImportState, error: str = "") -> bool:
    """End an import of which nothing came, and delete its files; whether it was not over."""
    with transaction.atomic():
        mine = Import.objects.select_for_update().filter(pk=import_.pk).first()
        if mine is None or mine.is_over:
            return False
        names = (mine.stored_as, mine.faulty)
        mine.state, mine.error, mine.finished_at = state, error, timezone.now()
        mine.stored_as = mine.faulty = ""
        mine.preview = mine.preview and {"read_as": mine.preview.get("read_as", [])}
        mine.save()
    storage.drop(*names)
    return True


@contextmanager
def _failing_without_file(import_: Import) -> Iterator[None]:
    """End an import whose file is gone, or is another one. Raises ``ConfirmError`` then."""
    try:
        yield
    except FileNotFoundError as error:
        close(import_, ImportState.FAILED, str(ConfirmError()))
        raise ConfirmError from error


@contextmanager
def _taken(import_: Import, user: Any, states: tuple[ImportState, ...]) -> Iterator[Import]:
    """The import, held until the end of the block, whose transaction it is: of two who press the
    button at once, one has it. Raises ``ConfirmError``."""
    if not import_.belongs_to(user):
        raise ConfirmError
    with transaction.atomic():
        try:
            with transaction.atomic():
                mine = Import.objects.select_for_update(nowait=True, of=("self",)).get(
                    pk=import_.pk
                )
        except (OperationalError, Import.DoesNotExist) as exc:
            raise ConfirmError from exc
        if mine.state not in states or timezone.now() - mine.created_at > CONFIRM_WITHIN:
            raise ConfirmError
        yield mine


def _hand_to_worker(import_: Import, state: ImportState) -> None:
    import_.state, import_.attempts, import_.done = state, 0, 0
    import_.cancel_asked, import_.started_at = False, None
    enqueue_import(connection.schema_name, import_.pk)
