"""What is written into a company's own history of its settings and exports, in words."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class CompanyEvent(StrEnum):
    """What can happen to a company's settings and data. The values are in the history for good."""

    SETTINGS_CHANGED = "settings_changed"
    EXPORT_ASKED_FOR = "export_asked_for"
    EXPORT_DONE = "export_done"
    EXPORT_FAILED = "export_failed"
    EXPORT_DOWNLOADED = "export_downloaded"


#: A name for the filter of the log, and the sentence with its details.
EVENTS: dict[str, tuple[Any, Any]] = {
    CompanyEvent.SETTINGS_CHANGED: (_("Settings changed"), _("Changed: %(what)s")),
    CompanyEvent.EXPORT_ASKED_FOR: (_("Export asked for"), _("Export of all data asked for")),
    CompanyEvent.EXPORT_DONE: (_("Export made"), _("Export of all data made")),
    CompanyEvent.EXPORT_FAILED: (_("Export failed"), _("Export of all data failed")),
    CompanyEvent.EXPORT_DOWNLOADED: (_("Export downloaded"), _("Export of all data downloaded")),
}
