"""Files of the same headings are read as the last of them was, that somebody imported and nobody
has undone."""

from __future__ import annotations

from django.utils import timezone

from console.importing.mapping import SUGGEST, Mapping, digest_of_headings
from console.importing.models import Import, RememberedMapping

#: As many are kept of each kind of record; the one that was not used for longest goes.
AT_MOST = 50


def recall(model: str, digest: str) -> Mapping:
    """How the last file with these headings was read; ``SUGGEST`` where there was none."""
    found = RememberedMapping.objects.filter(model=model, headings=digest).first()
    return Mapping.from_json(found.mapping) if found else SUGGEST


def recall_ways(model: str, digest: str) -> dict[str, str]:
    """How the dates and numbers of the last files with these headings were written, by kind of
    column: no more than likely for the next."""
    found = RememberedMapping.objects.filter(model=model, headings=digest)
    return found.values_list("ways", flat=True).first() or {}


def remember(model: str, digest: str, mapping: Mapping, ways: dict[str, str] | None = None) -> None:
    """Keep how a file was read that is imported now; of ``ways``, what it did not tell stays."""
    RememberedMapping.objects.update_or_create(
        model=model,
        headings=digest,
        defaults={
            "mapping": mapping.as_json(),
            "ways": {**recall_ways(model, digest), **(ways or {})},
            "used_at": timezone.now(),
        },
    )
    kept = RememberedMapping.objects.filter(model=model).order_by("-used_at", "-pk")
    kept.filter(pk__in=list(kept.values_list("pk", flat=True)[AT_MOST:])).delete()


def forget(import_: Import) -> None:
    """Have files with the headings of one that is undone read as the last one before it that is
    not, or as is likely."""
    headings = import_.mapping.get("columns", {})
    digest = digest_of_headings(headings)
    standing = Import.objects.standing().filter(
        model=import_.model, mapping__columns__has_keys=list(headings)
    )
    for other in standing.exclude(pk=import_.pk).order_by("-finished_at", "-pk")[:AT_MOST]:
        if digest_of_headings(other.mapping["columns"]) == digest:
            remember(import_.model, digest, Mapping.from_json(other.mapping))
            return
    RememberedMapping.objects.filter(model=import_.model, headings=digest).delete()
