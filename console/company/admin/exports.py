"""The page on which a company takes all of its data out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from console.company.admin.base import PageAdmin
from console.company.archive import ATTACHMENTS, kinds, titles
from console.company.asking import has_export, open_export, request_export
from console.company.exceptions import ExportNotAllowed, ExportRefused
from console.company.models import KEPT_FOR, DataExport, ExportState
from console.importing.admin import ImportExportMixin
from console.live import live_answer, signed_out
from console.sites import tenant_site

#: How many of the exports before the last one are listed.
OLDER = 10
#: The colours of Unfold's labels.
_LABELS: dict[str, str] = {
    ExportState.WAITING: "warning",
    ExportState.RUNNING: "info",
    ExportState.DONE: "success",
    ExportState.FAILED: "danger",
}


@admin.register(DataExport, site=tenant_site)
class DataExportAdmin(PageAdmin):
    """The button, the export that is being made, and those that were."""

    def more_urls(self) -> list[URLPattern]:
        download = self.admin_site.admin_view(self.download_view)
        return [
            # Answers for itself where a session has ended: a poll must not get the sign-in page.
            path("live/", never_cache(self.live_view), name="company_dataexport_live"),
            path("<int:pk>/download/", download, name="company_dataexport_download"),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST":
            return self._ask(request)
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self._facts(request),
            "kinds": list(titles().values()),
            "only_out": _only_out(),
            "days": KEPT_FOR.days,
            "may_ask": self.has_add_permission(request),
            "in_plan": has_export(request.tenant),
            "support": settings.SUPPORT_EMAIL,
        }
        return self.page(request, "company/exports.html", context)

    def _ask(self, request: HttpRequest) -> HttpResponse:
        try:
            request_export(request.tenant, acting_user=request.user)
        except ExportNotAllowed as exc:
            raise PermissionDenied from exc
        except ExportRefused as exc:
            messages.error(request, str(exc))
        return HttpResponseRedirect(reverse("admin:company_dataexport_changelist"))

    def live_view(self, request: HttpRequest) -> HttpResponse:
        """The part of the page that changes; see ``console.live`` for the answers."""
        if not (self.admin_site.has_permission(request) and self.has_view_permission(request)):
            return signed_out()
        facts = self._facts(request)
        return live_answer(
            request,
            version=facts["version"],
            is_open=facts["is_open"],
            draw=lambda: render(request, "company/export_live.html", {**facts, "swapped": True}),
        )

    def download_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The file, kept by no browser: `admin_view` says so. A POST, for it is written down; a
        link, or who had to sign in first, comes to the page with the button."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:company_dataexport_changelist"))
        export = DataExport.objects.filter(pk=pk).first()
        if export is None:
            raise Http404
        try:
            with transaction.atomic():
                file = open_export(export, acting_user=request.user)
        except ExportRefused as exc:
            messages.error(request, str(exc))
            return HttpResponseRedirect(reverse("admin:company_dataexport_changelist"))
        day = timezone.localdate(export.finished_at)
        name = f"{slugify(request.tenant.name) or 'company'}-{day:%Y-%m-%d}.zip"
        response = FileResponse(
            file, as_attachment=True, filename=name, content_type="application/zip"
        )
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def _facts(self, request: HttpRequest) -> dict[str, Any]:
        """What the page and its live part show, with a ``version`` that changes when they would."""
        newest, *older = [*DataExport.objects.all()[: OLDER + 1]] or [None]
        return {
            "export": newest,
            "contents": _contents(newest) if newest else [],
            "label": _LABELS[newest.state] if newest else "",
            "older": [(each, _LABELS[each.state]) for each in older],
            "is_open": bool(newest and newest.is_open),
            "version": f"{newest.pk}.{newest.state}.{newest.attempts}" if newest else "",
            "live_url": reverse("admin:company_dataexport_live"),
        }


def _contents(export: DataExport) -> list[tuple[str, str]]:
    """What is in the file, by what people call it."""
    named = {**titles(), f"{ATTACHMENTS}/": _("attached files")}
    counts = export.row_counts
    # In our order: the database keeps none for what is in JSON.
    return [
        (title, number_format(counts[name], use_l10n=True, force_grouping=True))
        for name, title in named.items()
        if name in counts
    ]


def _only_out() -> list[str]:
    """What the kinds of record are called that no list here takes back."""
    named, admins = titles(), tenant_site._registry
    return [
        named[name]
        for name, resource in kinds()
        if not isinstance(admins.get(resource._meta.model), ImportExportMixin)
    ]
