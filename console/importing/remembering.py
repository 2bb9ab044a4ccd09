"""Files of the same headings are read as the last of them was, that somebody imported."""

from __future__ import annotations

from django.utils import timezone

from console.importing.mapping import SUGGEST, Mapping
from console.importing.models import RememberedMapping

#: As many are kept of each kind of record; the one that was not used for longest goes.
AT_MOST = 50


def recall(model: str, digest: str) -> Mapping:
    """How the last file with these headings was read; ``SUGGEST`` where there was none."""
    found = RememberedMapping.objects.filter(model=model, headings=digest).first()
    return Mapping.from_json(found.mapping) if found else SUGGEST


def remember(model: str, digest: str, mapping: Mapping) -> None:
    """Keep how a file was read that is imported now."""
    RememberedMapping.objects.update_or_create(
        model=model,
        headings=digest,
        defaults={"mapping": mapping.as_json(), "used_at": timezone.now()},
    )
    kept = RememberedMapping.objects.filter(model=model).order_by("-used_at", "-pk")
    kept.filter(pk__in=list(kept.values_list("pk", flat=True)[AT_MOST:])).delete()
