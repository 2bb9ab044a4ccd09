"""What is said of a selection: who takes part, and who is left out for which reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tenants.admin.base import link, operation_url
from tenants.exceptions import (
    AlreadyProvisioned,
    ClientArchived,
    ClientBusy,
    ClientNotArchived,
    ClientSuspended,
    DropIsAlone,
    NotAllowed,
    NotProvisioned,
    OperationNotFailed,
    OperationNotWaiting,
    OperationOpen,
    PublicIsUntouchable,
    StillKept,
    TenantError,
)
from tenants.models import Client, Operation

#: How many are taken at a time; the rows for them are written while the browser waits.
MAX_AT_ONCE = 5_000
#: How many names a page or a message spells out.
NAMES_SHOWN = 10

#: The refusals of the verbs, as they stand before the names of many.
REASONS: dict[type[TenantError], Any] = {
    AlreadyProvisioned: _("Has its schema already:"),
    ClientArchived: _("Is archived:"),
    ClientNotArchived: _("Is not archived:"),
    ClientBusy: _("Is worked on, or changed by somebody else, at this moment:"),
    ClientSuspended: _("Is suspended, and brought up to date when it is reactivated:"),
    DropIsAlone: _("Is a drop, which is tried again by itself, on its own page:"),
    NotAllowed: _("Needs a right that you do not have:"),
    NotProvisioned: _("Has no schema yet:"),
    OperationNotFailed: _("Has not failed, so there is nothing to try again:"),
    OperationNotWaiting: _("Does not wait any more:"),
    OperationOpen: _("Has an operation that is not over yet:"),
    PublicIsUntouchable: _("Stands for the console itself:"),
    StillKept: _("Is to be kept for longer:"),
}

# A key has 18 digits at the most: more than any database gives, and no number too long to read.
_KEYS = re.compile(r"[0-9]{1,18}(?:,[0-9]{1,18})*")


def keys_in(text: str, *, at_most: int) -> list[int]:
    """The keys that a page of ours has written with commas between them; none of anything else,
    or of more than ``at_most``."""
    if not _KEYS.fullmatch(text):
        return []
    keys = [int(key) for key in text.split(",")]
    return keys if len(keys) <= at_most else []


def joined(rows: Sequence[Client] | Sequence[Operation]) -> str:
    """What ``keys_in`` reads."""
    return ",".join(str(row.pk) for row in rows)


@dataclass
class LeftOut:
    """Names by reason, in the order in which the reasons came up."""

    groups: dict[str, list[SafeString | str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.groups)

    def refuse(self, name: str, refusal: TenantError) -> None:
        """Leave somebody out for what a verb would say; whoever is worked on links to that."""
        reason = REASONS.get(type(refusal), _("Cannot take part:"))
        operation = refusal.params.get("operation")
        if isinstance(refusal, OperationOpen) and isinstance(operation, Operation):
            name = link(operation_url(operation), short(name))
        self.add(name, str(reason))

    def add(self, name: str, reason: str) -> None:
        self.groups.setdefault(reason, []).append(name)

    def rows(self) -> list[tuple[str, int, SafeString]]:
        """Of each reason: its words, how many it concerns, and the first names."""
        return [(reason, len(names), spelled_out(names)) for reason, names in self.groups.items()]

    def messages(self) -> list[SafeString]:
        return [format_html("{} {}", reason, names) for reason, _number, names in self.rows()]


def spelled_out(names: Sequence[str]) -> SafeString:
    """The first names, shortened, and how many more."""
    shown = format_html_join(", ", "{}", ((short(name),) for name in names[:NAMES_SHOWN]))
    if (more := len(names) - NAMES_SHOWN) <= 0:
        return shown
    return format_html(
        "{} {}", shown, ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more}
    )


def short(name: str) -> str:
    return name if isinstance(name, SafeString) else Truncator(name).chars(60)
