"""How an import goes, in words and figures."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from console.history.acting import nobody
from console.importing.figures import grouped
from console.importing.models import Import, ImportState

#: The colours of Unfold's labels.
LABELS: dict[str, str] = {
    ImportState.UPLOADED: "warning",
    ImportState.CHECKING: "info",
    ImportState.UNSETTLED: "warning",
    ImportState.READY: "warning",
    ImportState.WAITING: "warning",
    ImportState.RUNNING: "info",
    ImportState.DONE: "success",
    ImportState.FAILED: "danger",
    ImportState.CANCELLED: "",
    ImportState.UNDOING: "info",
    ImportState.UNDONE: "",
}


def state_of(import_: Import) -> str:
    """How far it has come, as people are told."""
    return _("Nothing to import") if import_.has_nothing else import_.get_state_display()


def who_of(import_: Import) -> str:
    """Whoever brought the file, as the reader knows them."""
    return nobody() if import_.by_provider else import_.requested_by_email


def same_before(import_: Import) -> Import | None:
    """The last import of the same file, however it was read, that was not undone."""
    return (
        Import.objects.standing()
        .filter(model=import_.model, digest=import_.digest)
        .exclude(pk=import_.pk)
        .first()
    )


def undone_of(import_: Import) -> dict[str, Any] | None:
    """What came of undoing it: figures, and what was left as it is, by name and with the reason."""
    found = import_.left_alone
    if import_.state != ImportState.UNDONE or found is None:
        return None
    return {
        "who": import_.undone_by_email,
        "totals": [
            (_("Removed"), grouped(sum(found["removed"].values())), ""),
            (_("Put back"), grouped(sum(found["restored"].values())), ""),
            (_("Left as they are"), grouped(found["left"]), "is-bad" if found["left"] else ""),
        ],
        "kinds": [
            (title, _counted(found[what]))
            for title, what in ((_("Removed"), "removed"), (_("Put back"), "restored"))
            if any(found[what].values())
        ],
        "left": [(_kind(label), name, _(why)) for label, name, why in found["named"]],
        "more": grouped(found["left"] - len(found["named"]))
        if found["left"] > len(found["named"])
        else "",
    }


def _counted(rows: dict[str, int]) -> str:
    """How many of which kind, the most first."""
    some = sorted(rows.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{grouped(n)} {_kind(label, n)}" for label, n in some if n)


def _kind(label: str, number_of: int = 1) -> str:
    try:
        about = apps.get_model(label)._meta
    except (LookupError, ValueError):
        return label
    return str(about.verbose_name if number_of == 1 else about.verbose_name_plural)


def needs_again(import_: Import) -> bool:
    """Whether the file was imported before and would add rows once more."""
    return bool(import_.new) and same_before(import_) is not None


def facts_of(import_: Import) -> dict[str, Any]:
    """How far the work has come, how quick it is and how long it will take, as far as one knows."""
    rate = import_.rate
    left = (import_.total - import_.done) / rate if rate else 0.0
    share = round(100 * import_.done / import_.total) if import_.total else 0
    return {
        "who": who_of(import_),
        "label": LABELS[import_.state],
        "share": share,
        "rate": grouped(round(rate)) if rate >= 1 else "",
        "time_left": _duration(left) if rate else "",
        "totals": [
            (_("New"), grouped(import_.new), ""),
            (_("Changed"), grouped(import_.changed), ""),
            (_("Unchanged"), grouped(import_.unchanged), ""),
            (_("In error"), grouped(import_.in_error), "is-bad" if import_.in_error else ""),
        ],
        "writes": import_.new + import_.changed,
        "done_rows": grouped(import_.done),
        "total_rows": grouped(import_.total),
        # Changes when the page would show something else.
        "version": f"{import_.state}.{import_.done}.{import_.attempts}.{import_.cancel_asked:d}",
    }


def _duration(seconds: float) -> str:
    if seconds < 60:
        return _("%(n)d s") % {"n": max(round(seconds), 1)}
    return _("%(n)d min") % {"n": round(seconds / 60)}
