"""Import and export on the pages of a ModelAdmin."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from import_export.admin import ImportExportMixin as LibraryMixin
from import_export.signals import post_import
from tablib import Dataset

from console.importing import storage
from console.importing.done import Done, keep_done, recall_done
from console.importing.exceptions import ConfirmError, ConflictError, ImportingError
from console.importing.exporting import ExportMixin
from console.importing.files import read_table
from console.importing.formats import CSV, FORMATS, detect_format
from console.importing.forms import ConfirmForm, ImportForm
from console.importing.preview import sections
from console.importing.resource import KeyedResource
from console.importing.results import ImportResult
from console.importing.tokens import Ticket, make_ticket, read_ticket
from console.uploads import was_cut


class ImportExportMixin(ExportMixin, LibraryMixin):
    """Adds the import and export pages. Set ``resource_classes`` to one ``KeyedResource``.

    The library's pages with a file that stays on this side, in its schema's folder, and a signed
    ticket in the place of its name. Importing needs the permissions to import, add and change.
    """

    import_formats = FORMATS
    pages = ("changelist", "import", "process_import", "import_sample")
    #: The page after an import that added rows, where there is something to do with them next.
    import_done_template = "admin/import_export/import_done.html"

    # --- who may -------------------------------------------------------------------------------

    def has_import_permission(self, request: HttpRequest) -> bool:
        # The library does not ask the ModelAdmin that comes after this one.
        is_in_plan = getattr(self, "is_in_plan", None)
        if is_in_plan is not None and not is_in_plan():
            return False
        label, name = self.opts.app_label, self.opts.model_name
        return super().has_import_permission(request) and request.user.has_perms(
            (f"{label}.add_{name}", f"{label}.change_{name}")
        )

    def has_next_step(self, request: HttpRequest) -> bool:
        """Whether the user can go on with the rows that an import added, on a page of its own."""
        return False

    # --- importing: a file, its preview, its confirmation --------------------------------------

    def get_urls(self) -> list[URLPattern]:
        sample = self.admin_site.admin_view(self.sample_file)
        done = self.admin_site.admin_view(self.import_done)
        name = "{}_{}_import".format(*self.get_model_info())
        return [
            path("import/sample/", sample, name=f"{name}_sample"),
            path("import/done/<str:key>/", done, name=f"{name}_done"),
            *super().get_urls(),
        ]

    @method_decorator(never_cache)
    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Ask for a file; show what would come of it. Writes nothing but the file's copy."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._import_page(request, ImportForm())
        form = ImportForm(request.POST, request.FILES, was_cut=was_cut(request))
        if not form.is_valid():
            return self._import_page(request, form)
        file = form.cleaned_data["import_file"]
        content = file.read()
        storage.sweep()
        try:
            result = self._import(request, content, dry_run=True)
        except ImportingError as error:
            form.add_error("import_file", str(error))
            return self._import_page(request, form, file_name=file.name)
        confirm_form = None
        if not result.has_errors() and result.new + result.changed:
            ticket = make_ticket(
                user=request.user.pk,
                model=self.opts.label_lower,
                resource=self._resource.__name__,
                format=detect_format(content).__name__,
                stored_as=storage.keep(content),
                file_name=file.name,
                content=content,
            )
            confirm_form = ConfirmForm(initial={"token": ticket.sign()})
        return self._import_page(
            request, ImportForm(), result=result, confirm_form=confirm_form, file_name=file.name
        )

    @method_decorator(require_POST)
    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import the file that was previewed, or with ``cancel`` forget it."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = ConfirmForm(request.POST)
        try:
            if not form.is_valid():
                raise ConfirmError
            ticket = read_ticket(
                form.cleaned_data["token"], user=request.user.pk, model=self.opts.label_lower
            )
            content = self._take(ticket)
            if "cancel" in request.POST:
                messages.info(request, _("The import was cancelled. Nothing was changed."))
                return HttpResponseRedirect(self.page_url("changelist"))
            with transaction.atomic():
                result = self._import(request, content, dry_run=False)
                result.file_name = ticket.file_name
                if not result.has_errors():
                    self.generate_log_entries(result, request)
        except IntegrityError:
            # What a row refers to was deleted meanwhile; the database looks when all is written.
            messages.error(request, str(ConflictError()))
            return HttpResponseRedirect(self.page_url("import"))
        except ImportingError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(self.page_url("import"))
        if result.has_errors():
            messages.error(
                request, _("The data has changed since the preview. Nothing was imported.")
            )
            return self._import_page(
                request, ImportForm(), result=result, file_name=ticket.file_name
            )
        return self.process_result(result, request)

    def _take(self, ticket: Ticket) -> bytes:
        """The ticket's file, which is gone after that. Raises ``ConfirmError``."""
        try:
            content = storage.take(ticket.stored_as)
        except FileNotFoundError as exc:
            raise ConfirmError from exc
        wanted = (self._resource.__name__, detect_format(content).__name__)
        if (ticket.resource, ticket.format) != wanted or not ticket.matches(content):
            raise ConfirmError
        return content

    def _import(self, request: HttpRequest, content: bytes, *, dry_run: bool) -> ImportResult:
        resource = self._resource(**self.get_import_resource_kwargs(request))
        return resource.import_data(read_table(content), dry_run=dry_run, user=request.user)

    @property
    def _resource(self) -> type[KeyedResource]:
        return self.resource_classes[0]

    def _import_page(
        self, request: HttpRequest, form: ImportForm, *, result: Any = None, **context: Any
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        name = self.opts.verbose_name_plural
        return TemplateResponse(
            request,
            self.import_template_name,
            {
                **self.admin_site.each_context(request),
                "title": _("Import %(name)s") % {"name": name},
                "opts": self.opts,
                "media": self.media,
                "form": form,
                "result": result,
                "columns": self._resource().explained_columns(),
                "sections": sections(result) if result else [],
                "writes": result.new + result.changed if result else 0,
                "links": self.page_links(),
                **self.get_import_context_data(),
                **context,
            },
        )

    # --- after an import -----------------------------------------------------------------------

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

    # --- the sample -------------------------------------------------------------

    def sample_file(self, request: HttpRequest) -> HttpResponse:
        """A file with the columns and two rows, to begin with."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        header, *rows = self._resource().sample()
        name = f"{self.opts.model_name}-sample.csv"
        return _download(CSV().export_data(Dataset(*rows, headers=header)), CSV, name)


def _download(content: bytes, file_format: type[Any], name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=file_format.CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
