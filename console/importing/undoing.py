"""Undoing an import: asked for on its page, done at once where it is small, or else by a job."""

from __future__ import annotations

from typing import Any, Protocol

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from console.history.acting import acting_as, part_of
from console.history.models import LogEntry
from console.importing.declared import DeclaredResource
from console.importing.exceptions import NotUndone, UndoNotAllowed
from console.importing.models import Import, ImportState
from console.importing.progress import Watch
from console.importing.putting_back import PuttingBack
from console.importing.queue import enqueue_import
from console.importing.remembering import forget
from console.importing.writing import waiting_briefly

#: What undoing has to do about a row that the import did this to, as Django's permissions call it.
_VERBS = {
    LogEntry.Action.CREATE: "delete",
    LogEntry.Action.UPDATE: "change",
    LogEntry.Action.DELETE: "add",
}
#: So many rows are taken back while somebody waits for the page; a job takes more.
SMALL = 500


class Pages(Protocol):
    """What is asked of the pages of the kind of record."""

    def make_resource(self) -> DeclaredResource: ...

    def may_undo(self, user: Any, import_: Import) -> bool: ...


def undo(import_: Import, *, pages: Pages, user: Any) -> None:
    """Take back what the import made and changed, at once where it is small, or else by a job.

    Raises ``UndoNotAllowed``, ``NotUndone`` where it is not done, or somebody undoes it now, and
    ``RowsBusy`` where somebody else has its rows.
    What was touched since is left alone, and the import says so.
    """
    if not pages.may_undo(user, import_):
        raise UndoNotAllowed
    with transaction.atomic():
        try:
            with transaction.atomic():
                mine = Import.objects.select_for_update(nowait=True, of=("self",)).get(
                    pk=import_.pk, state=ImportState.DONE
                )
        except (OperationalError, Import.DoesNotExist) as exc:
            raise NotUndone from exc
        mine.undone_by_email = user.email
        mine.error = ""
        if mine.new + mine.changed <= SMALL:
            with waiting_briefly():
                take_back(mine, pages=pages, user=user)
            return
        mine.state, mine.attempts, mine.done = ImportState.UNDOING, 0, 0
        mine.cancel_asked, mine.started_at = False, None
        mine.save()
        enqueue_import(connection.schema_name, mine.pk)


def rights_to_undo(import_: Import) -> set[str]:
    """The permissions that it takes to do again, the other way round, all that the import did, to
    rows of whatever model."""
    entries = LogEntry.objects.filter(cid=import_.cid, action__in=_VERBS).order_by()
    names = ("content_type__app_label", "content_type__model", "action")
    return {
        f"{app}.{_VERBS[action]}_{model}"
        for app, model, action in entries.values_list(*names).distinct()
    }


def take_back(
    import_: Import, *, pages: Pages, user: Any, watch: Watch = lambda done, total: None
) -> None:
    """Do it, in the caller's transaction, and close the import as undone."""
    rows = import_.total

    def told(done: int, total: int) -> None:
        watch(rows * done // total if total else rows, rows)

    with acting_as(user), part_of(import_.undo_cid):
        result = PuttingBack(import_.cid, import_.undo_cid, pages.make_resource()).run(told)
    forget(import_)
    import_.state, import_.undone_at, import_.error = ImportState.UNDONE, timezone.now(), ""
    import_.undone_by_email, import_.done = user.email, import_.total
    import_.left_alone = {
        "removed": result.removed,
        "restored": result.restored,
        "left": result.left,
        "named": result.named,
    }
    import_.save()


def give_up(import_: Import, error: str) -> None:
    """It is as it was before somebody wanted to undo it, and says why."""
    import_.refresh_from_db()
    import_.state, import_.error, import_.undone_by_email = ImportState.DONE, error, ""
    import_.done, import_.cancel_asked = import_.total, False
    import_.save()
