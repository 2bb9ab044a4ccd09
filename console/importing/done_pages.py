"""What comes after an import: an entry in the log, and a message or a page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from import_export.signals import post_import

from console.importing.done import Done, keep_done, recall_done
from console.importing.results import ImportResult


class DonePagesMixin:
    """The end of an import, for a ModelAdmin with ``ExportMixin`` beside it."""

    #: The page after an import that added rows, where there is something to do with them next.
    import_done_template = "admin/import_export/import_done.html"

    def has_next_step(self, request: HttpRequest) -> bool:
        """Whether the user can go on with the rows that an import added, on a page of its own."""
        return False

    def generate_log_entries(self, result: ImportResult, request: HttpRequest) -> None:
        """One entry for the file, in Django's log. One for each row would be more than anybody
        reads; what is tracked has them all the same, in the history, and nothing here."""
        if self.is_tracked:
            return
        LogEntry.objects.create(
            user_id=request.user.pk,
            content_type=ContentType.objects.get_for_model(self.model),
            object_id=None,
            object_repr=result.file_name[:200],
            action_flag=ADDITION if result.new else CHANGE,
            change_message=_("Imported from a file: %(totals)s.") % {"totals": result.summary()},
        )

    def process_result(self, result: ImportResult, request: HttpRequest) -> HttpResponse:
        post_import.send(sender=None, model=self.model)
        if result.added and self.has_next_step(request):
            key = keep_done(request.session, self.opts.label_lower, result)
            return HttpResponseRedirect(self.page_url("import_done", key))
        text = _("Imported %(file)s: %(totals)s.")
        messages.success(request, text % {"file": result.file_name, "totals": result.summary()})
        return HttpResponseRedirect(self.page_url("changelist"))

    def import_done(self, request: HttpRequest, key: str) -> HttpResponse:
        """What an import did, and what can be done next with the rows that it added."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        done = recall_done(request.session, self.opts.label_lower, key)
        if done is None:
            messages.info(request, _("That import was too long ago for its page to be kept."))
            return HttpResponseRedirect(self.page_url("changelist"))
        request.current_app = self.admin_site.name
        name = self.opts.verbose_name_plural
        context = {
            **self.admin_site.each_context(request),
            "title": _("Imported %(name)s") % {"name": name},
            "opts": self.opts,
            "media": self.media,
            "done": done,
            "key": key,
            "links": self.page_links(),
            **self.get_done_context(request, done),
        }
        return TemplateResponse(request, self.import_done_template, context)

    def get_done_context(self, request: HttpRequest, done: Done) -> dict[str, Any]:
        """What the page after an import needs beside what was done."""
        return {}
