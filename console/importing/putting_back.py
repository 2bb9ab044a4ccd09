"""What an import made and changed, taken back: from the history, which says of each row what it
was before, and whether anybody has touched it since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ForeignKey, Model, prefetch_related_objects

from console.history.models import LogEntry
from console.history.record import record_many
from console.importing.belonging import Parts, own_subject
from console.importing.columns import listed
from console.importing.declared import DeclaredResource
from console.importing.earlier import (
    Earlier,
    earlier,
    is_as_left,
    known_rows,
    leads_nowhere,
    used_elsewhere,
)
from console.importing.loader import BATCH
from console.importing.undone import BUSY, EDITED, GONE, LOST, TAKEN, UNFIT, USED, PutBack
from console.importing.writing import exchange_links, load_links
from console.postgres.bulk import insert_rows, update_rows
from console.postgres.contexts import tenants_connection

Action = LogEntry.Action


class PuttingBack:
    """Goes through the entries of an import from the last to the first.

    Rows are restored a batch at a time, in the caller's transaction. A row is left alone where
    its history goes on after the import, or where it is not what the import left: whatever wrote
    it. What was added is also left where something leads to it that the import did not add; what
    belongs to such a row stays with it. What the database refuses for one row is tried again row by
    row, and left alone.
    """

    def __init__(self, cid: str, own_cid: str, resource: DeclaredResource) -> None:
        """``cid`` is that of the import's entries, ``own_cid`` that of those written here; the
        resource is one of the kind of record."""
        self._cids = (cid, own_cid)
        self._entries = LogEntry.objects.filter(cid=cid).order_by("-pk")
        self._resource = resource
        self.result = PutBack()
        #: Entries whose turn has not come, and why: something has to be taken back before them.
        self._waiting: list[tuple[LogEntry, str]] = []
        self._parts = Parts(self._entries)

    def run(self, watch: Callable[[int, int], None]) -> PutBack:
        """``watch`` is told how many entries were gone through, of how many."""
        total, done = self._entries.count(), 0
        rows = self._entries.select_related("content_type").iterator(chunk_size=BATCH)
        for entries in self._batches(rows):
            watch(done, total)
            done += len(entries)
            self._take_back(entries)
        self._try_again()
        watch(total, total)
        return self.result

    def _take_back(self, entries: list[LogEntry]) -> None:
        model = entries[0].content_type.model_class()
        if model is None:  # Of an app that is not there any more.
            for entry in entries:
                self.result.leave(entry, GONE)
        elif entries[0].action == Action.CREATE:
            if alone := self._parts.set_aside(entries):
                self._remove(model, alone)
        elif entries[0].action == Action.UPDATE:
            self._restore(model, entries)
        elif entries[0].action == Action.DELETE:
            self._add_again(model, entries)

    def _try_again(self) -> None:
        """Take back what nothing is in the way of by now; as long as that sets others free."""
        while waiting := self._waiting:
            self._waiting = []
            for entries in self._batches(entry for entry, _why in waiting):
                self._take_back(entries)
            if len(self._waiting) == len(waiting):
                break
        for entry, why in self._waiting:
            self.result.leave(entry, why)
        for entries in self._batches(self._parts.rest()):
            model = entries[0].content_type.model_class()
            there = _there(model, entries)
            for entry in entries:
                if entry.object_id in there:
                    self.result.leave(entry, USED)

    def _batches(self, rows: Iterable[LogEntry]) -> Iterator[list[LogEntry]]:
        for _key, same in groupby(rows, key=lambda entry: (entry.content_type_id, entry.action)):
            while batch := list(islice(same, BATCH)):
                yield batch

    # --- what was changed ----------------------------------------------------------------------

    def _restore(self, model: type[Model], entries: list[LogEntry]) -> None:
        rows = self._held(model, entries)
        since = self._touched(model, entries)
        olds = {entry.pk: earlier(model, entry) for entry in entries}
        there = known_rows(model, olds.values())
        many = sorted({name for old in olds.values() for name in old.many})
        load_links(rows.values(), model, many)
        # With what each row has had until now, for a batch that is refused is tried once more.
        good: list[tuple[LogEntry, Any, dict[str, Any]]] = []
        for entry in entries:
            row = rows.get(entry.object_id)
            if row is None:
                continue
            if entry.object_id in since or not is_as_left(row, entry):
                self.result.leave(entry, EDITED)
            elif leads_nowhere(olds[entry.pk], there):
                self.result.leave(entry, LOST)
            else:
                good.append((entry, row, _exchange(row, olds[entry.pk], there)))
        unfit = self._resource.unfit(model, [row for _entry, row, _before in good])
        self._waiting += [(entry, UNFIT) for entry, row, _before in good if row.pk in unfit]
        good = [one for one in good if one[1].pk not in unfit]

        def write(some: list[tuple[LogEntry, Any, dict[str, Any]]]) -> None:
            names = {name for _entry, _row, before in some for name in before}
            update_rows(model, [row for _entry, row, _before in some], names)
            for name in many:
                links = [
                    (row.pk, before[listed(name)], getattr(row, listed(name)))
                    for _entry, row, before in some
                    if listed(name) in before
                ]
                exchange_links(model._meta.get_field(name), links)
            record_many(
                ((before, row) for _entry, row, before in some),
                many={name: listed(name) for name in many},
            )

        self.result.restored[model._meta.label_lower] += self._write(good, write)

    # --- what was added ------------------------------------------------------------------------

    def _remove(self, model: type[Model], entries: list[LogEntry]) -> None:
        rows = self._held(model, entries, is_gone=None)
        since = self._touched(model, entries, with_parts=True)
        used = used_elsewhere(model, rows, aside=self._parts.keys(entries))
        used |= self._resource.must_stay(model, rows.values())
        gone: list[tuple[LogEntry, Any]] = []
        for entry in entries:
            row = rows.get(entry.object_id)
            if row is None:
                continue
            if entry.object_id in since or not is_as_left(row, entry):
                self.result.leave(entry, EDITED)
            elif entry.object_id in used:
                # Perhaps by rows of the import whose turn comes later.
                self._waiting.append((entry, USED))
            else:
                gone.append((entry, row))
        gone = self._without_their_parts(model, gone)

        def write(some: list[tuple[LogEntry, Any]]) -> None:
            keys = [row.pk for _entry, row in some]
            record_many((row, None) for _entry, row in some)
            for links in model._meta.many_to_many:
                through = links.remote_field.through._base_manager
                found = through.filter(**{f"{links.m2m_column_name()}__in": keys})
                found._raw_delete(found.db)
            found = model._base_manager.filter(pk__in=keys)
            found._raw_delete(found.db)

        self.result.removed[model._meta.label_lower] += self._write(gone, write)

    def _without_their_parts(
        self, model: type[Model], gone: list[tuple[LogEntry, Any]]
    ) -> list[tuple[LogEntry, Any]]:
        """Remove what belongs to these rows, and return those that have nothing of it left."""
        parts = self._parts.take(entry for entry, _row in gone)
        if not parts:
            return gone
        for entries in self._batches(parts):
            self._remove(entries[0].content_type.model_class(), entries)
        used = used_elsewhere(model, [row.pk for _entry, row in gone])
        for entry, row in gone:
            if row.pk in used:
                self.result.leave(entry, USED)
        return [(entry, row) for entry, row in gone if row.pk not in used]

    # --- what was deleted ----------------------------------------------------------------------

    def _add_again(self, model: type[Model], entries: list[LogEntry]) -> None:
        rows = []
        for entry in entries:
            row = model(pk=entry.object_id)
            for name, value in earlier(model, entry).values.items():
                setattr(row, name, value)
            rows.append((entry, row))

        def write(some: list[tuple[LogEntry, Any]]) -> None:
            insert_rows(model, [row for _entry, row in some])
            record_many((None, row) for _entry, row in some)

        self.result.restored[model._meta.label_lower] += self._write(rows, write)

    # --- what they share -----------------------------------------------------------------------

    def _held(
        self, model: type[Model], entries: list[LogEntry], *, is_gone: str | None = GONE
    ) -> dict[int, Any]:
        keys = sorted(entry.object_id for entry in entries)
        rows = self._resource.hold(model, keys)
        # Names of rows, which the history has, are made of those that they lead to.
        links = [f.name for f in model._meta.concrete_fields if isinstance(f, ForeignKey)]
        prefetch_related_objects(list(rows.values()), *links)
        there = _there(model, entries)
        for entry in entries:
            if entry.object_id not in there:
                if is_gone:
                    self.result.leave(entry, is_gone)
            elif entry.object_id not in rows:
                self.result.leave(entry, BUSY)
        return rows

    def _touched(
        self, model: type[Model], entries: list[LogEntry], *, with_parts: bool = False
    ) -> set[int]:
        """The keys of rows whose history goes on after these entries; with that of their parts."""
        last = {entry.object_id: entry.pk for entry in reversed(entries)}
        others = LogEntry.objects.filter(pk__gt=min(last.values())).exclude(cid__in=self._cids)
        content_type = entries[0].content_type_id
        mine = others.filter(content_type=content_type, object_id__in=last)
        found = {key for key, pk in mine.values_list("object_id", "pk") if pk > last[key]}
        if with_parts:
            subjects = {own_subject(entry): entry.object_id for entry in entries}
            parts = others.filter(subject__in=subjects).values_list("subject", "pk")
            found |= {subjects[one] for one, pk in parts if pk > last[subjects[one]]}
        return found

    def _write(self, some: list[Any], write: Callable[[list[Any]], None]) -> int:
        """Write all of them, or where the database refuses that, each that it takes."""
        if not some:
            return 0
        try:
            with transaction.atomic():
                write(some)
                tenants_connection().check_constraints()
        except IntegrityError:
            if len(some) == 1:
                self.result.leave(some[0][0], TAKEN)
                return 0
            return sum(self._write([one], write) for one in some)
        return len(some)


def _there(model: type[Model], entries: list[LogEntry]) -> set[int]:
    """The keys of the rows that are there."""
    keys = [entry.object_id for entry in entries]
    return set(model._base_manager.filter(pk__in=keys).values_list("pk", flat=True))


def _exchange(row: Any, old: Earlier, there: dict[str, dict[int, Any]]) -> dict[str, Any]:
    """Give the row the values that it had; returns those that it has had until now."""
    before = {name: getattr(row, name) for name in old.values}
    for name, value in old.values.items():
        setattr(row, name, value)
    for name, keys in old.many.items():
        before[listed(name)] = getattr(row, listed(name))
        setattr(row, listed(name), [there[name][key] for key in keys])
    return before
