"""What asking for an export raises on purpose, in words for whoever pressed the button."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _


class ExportRefused(Exception):
    """The root of the tree; never raised itself."""

    message = _("This cannot be done.")

    def __str__(self) -> str:
        return str(self.message)


class ExportNotAllowed(ExportRefused):
    """Who asked lacks the right, or lost it since."""

    message = _("You may not take the company's data out, or may not any more.")


class ExportNotInPlan(ExportRefused):
    """The company's plan does not have ``Feature.DATA_EXPORT``."""

    message = _("Taking all data out is not part of your plan.")


class ExportOpen(ExportRefused):
    """There is an export that is not over."""

    message = _("An export is being made already. You can download it here when it is done.")


class ExportGone(ExportRefused):
    """There is no file to be downloaded, or not any more."""

    message = _("This export is not kept any more. Make a new one.")


class TryAgainLater(Exception):
    """The company's schema is not ready for it at the moment; its job should run again."""
