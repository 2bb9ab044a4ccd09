"""Imports that nobody confirmed, files that nobody needs any more, and work without a job."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import Error
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name, schema_context

from console.company.exceptions import TryAgainLater
from console.company.making import client_to_work_for
from console.importing import storage
from console.importing.keeping import CONFIRM_WITHIN, close
from console.importing.models import OVER, WITH_A_PERSON, Import, ImportState
from console.importing.queue import enqueue_again_if_lost, enqueue_waking
from tenants.models import Client

logger = logging.getLogger(__name__)

#: As many files of one person wait to be checked or confirmed at the most, in each schema: nobody
#: fills the disk with them, and nobody's files give way to another's.
MAX_WAITING = 20
#: How long the file of faulty rows is kept after the good ones were imported.
FAULTY_KEPT_FOR = timedelta(days=7)
#: Work that is not done after this may have lost its job.
LOST_AFTER = timedelta(minutes=10)


def sweep() -> None:
    """Sweep the schema of the connection: close what nobody confirmed in a day, and those of too
    many that give way; delete files that no import has, or that were kept for long enough."""
    now = timezone.now()
    for import_ in Import.objects.with_a_person().filter(created_at__lt=now - CONFIRM_WITHIN):
        close(import_, ImportState.CANCELLED, _("Nobody confirmed it within a day."))
    for import_ in _too_many():
        text = _("Too many files of one person waited to be confirmed. This one gave way.")
        close(import_, ImportState.CANCELLED, text)
    for import_ in Import.objects.filter(
        ~Q(faulty=""), state__in=OVER, finished_at__lt=now - FAULTY_KEPT_FOR
    ):
        storage.drop(import_.faulty)
        Import.objects.filter(pk=import_.pk).update(faulty="")
    if stale := storage.stale():
        named = Import.objects.filter(Q(stored_as__in=stale) | Q(faulty__in=stale))
        storage.drop_unnamed(
            stale - {name for names in named.values_list("stored_as", "faulty") for name in names}
        )


def _too_many() -> Iterator[Import]:
    """Of each person, what is beyond the number that may wait: files with nothing to confirm
    first, then the oldest; never the newest."""
    waiting = Import.objects.filter(
        state__in=(*WITH_A_PERSON, ImportState.UPLOADED, ImportState.CHECKING)
    )
    people: dict[tuple[bool, str], list[Import]] = {}
    for import_ in waiting.defer("preview").order_by("-created_at", "-pk"):
        people.setdefault((import_.by_provider, import_.requested_by_email), []).append(import_)
    for newest, *others in people.values():
        others.sort(key=lambda import_: import_.has_nothing)
        for import_ in [newest, *others][MAX_WAITING:]:
            if import_.state in WITH_A_PERSON:
                yield import_


def sweep_all() -> None:
    """Sweep after the staff, and after every company whose pages are open, and give work that lost
    its job another. What refuses has its turn an hour later."""
    companies = Client.objects.companies().values_list("schema_name", flat=True)
    for schema in [get_public_schema_name(), *companies]:
        try:
            if is_open(schema):
                with schema_context(schema):
                    sweep()
                take_up(schema, begun_before=timezone.now() - LOST_AFTER)
        except (TryAgainLater, OSError, Error) as exc:
            logger.warning("Imports of %s were not swept: %s", schema, exc)


def is_open(schema: str) -> bool:
    """Whether the schema is the staff's, or its company's pages are open. Raises
    ``TryAgainLater``."""
    return schema == get_public_schema_name() or client_to_work_for(schema) is not None


def take_up_again(sender: Any, *, schema: str, **kwargs: Any) -> None:
    """Receives ``tenants.signals.reopened``. Looks into no schema: a page waits for this."""
    enqueue_waking(schema)


def take_up(schema: str, *, begun_before: Any = None) -> None:
    """Give a job to what is to be done and has none. Raises ``TryAgainLater``."""
    if not is_open(schema):
        return
    with schema_context(schema):
        lost = Import.objects.at_work()
        if begun_before is not None:
            lost = lost.filter(created_at__lt=begun_before)
        for key in lost.values_list("pk", flat=True):
            enqueue_again_if_lost(schema, key)
