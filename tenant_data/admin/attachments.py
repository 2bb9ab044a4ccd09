"""Files of tasks: a list of all of them, and the way to each. They are added on a task's page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.contrib.filters.admin import AutocompleteSelectMultipleFilter
from unfold.decorators import display

from console.filters import DaysFilter
from console.sites import tenant_site
from tenant_data.admin.task_parts import OwnPartAdmin, task_url
from tenant_data.file_types import CONTENT_TYPES, UNKNOWN
from tenant_data.files import clean_name
from tenant_data.models import Attachment, Task

#: A file that somebody sent is data to whoever fetches it, never a page of ours.
_AS_DATA = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}


def download_url(attachment: Attachment) -> str:
    return reverse("admin:tenant_data_attachment_file", args=[attachment.pk])


@admin.register(Attachment, site=tenant_site)
class AttachmentAdmin(OwnPartAdmin):
    owner = "uploaded_by"
    panel = "files"
    feature = "attachments"
    list_display = ("name", "task_reference", "size_in_words", "uploader", "created_at", "download")
    list_select_related = ("task__project", "uploaded_by")
    list_filter = (
        ("task__project", AutocompleteSelectMultipleFilter),
        ("task", AutocompleteSelectMultipleFilter),
        ("uploaded_by", AutocompleteSelectMultipleFilter),
        ("created_at", DaysFilter),
    )
    search_fields = ("name", "task__title")
    search_help_text = _("A file's name, a task's title, or a reference such as WEB-12")
    fields = ("name", "task_reference", "size_in_words", "uploader", "created_at", "download")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody has it: a file is what was sent."""
        return False

    def get_urls(self) -> list[URLPattern]:
        # The headers below say that nobody keeps it.
        file = self.admin_site.admin_view(require_safe(self.file_view), cacheable=True)
        own = path("<int:pk>/file/", file, name="tenant_data_attachment_file")
        return [own, *super().get_urls()]

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The file, for those who may see it and the task."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        attachment = self.get_queryset(request).select_related("task").filter(pk=pk).first()
        if attachment is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        if not tenant_site.get_model_admin(Task).has_view_permission(request, attachment.task):
            raise PermissionDenied
        try:
            file = attachment.file.open("rb")
        except OSError:
            return self._missing(request, attachment)
        known = attachment.content_type in CONTENT_TYPES
        response = FileResponse(
            file,
            as_attachment=True,
            filename=clean_name(attachment.name) or "file",
            content_type=attachment.content_type if known else UNKNOWN,
            headers=_AS_DATA,
        )
        if request.method == "HEAD":
            # Not the response: to close that is to end the request.
            file.close()
            return HttpResponse(headers=dict(response.items()))
        return response

    def _missing(self, request: HttpRequest, attachment: Attachment) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": attachment.name,
            "opts": self.opts,
            "media": self.media,
            "back": task_url(attachment.task_id, self.panel),
        }
        template = "tenant_data/file_missing.html"
        return TemplateResponse(request, template, context, status=404)

    @display(description=_("size"), ordering="size")
    def size_in_words(self, attachment: Attachment) -> str:
        return filesizeformat(attachment.size)

    @display(description=_("uploaded by"), ordering="uploaded_by__name")
    def uploader(self, attachment: Attachment) -> str:
        person = attachment.uploaded_by
        return str(person) if person else _t("Somebody who has left")

    @display(description=_("file"))
    def download(self, attachment: Attachment) -> SafeString:
        return format_html(
            '<a class="console-link" href="{}">{}<span class="console-sr">: {}</span></a>',
            download_url(attachment),
            _t("Download"),
            attachment.name,
        )
