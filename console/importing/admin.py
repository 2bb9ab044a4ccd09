"""Import and export on the pages of a ModelAdmin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
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
from tablib import Dataset

from console.importing import storage
from console.importing.done_pages import DonePagesMixin
from console.importing.exceptions import ConfirmError, ConflictError, ImportingError
from console.importing.exporting import ExportMixin
from console.importing.files import read_table
from console.importing.formats import CSV, FORMATS, detect_format
from console.importing.forms import ConfirmForm, ImportForm, ReadingForm
from console.importing.preview import sections
from console.importing.reading import FIND_OUT, Reading
from console.importing.reading_words import words_of_reading
from console.importing.resource import KeyedResource
from console.importing.results import ImportResult
from console.importing.tokens import Ticket, make_ticket, read_ticket
from console.uploads import was_cut


class ImportExportMixin(DonePagesMixin, ExportMixin, LibraryMixin):
    """Adds the import and export pages. Set ``resource_classes`` to one ``KeyedResource``.

    The library's pages with a file that stays on this side, in its schema's folder, and a signed
    ticket in the place of its name. Importing needs the permissions to import, add and change.
    """

    import_formats = FORMATS
    pages = ("changelist", "import", "process_import", "import_sample")

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
        if "token" in request.POST:
            return self._read_again(request)
        form = ImportForm(request.POST, request.FILES, was_cut=was_cut(request))
        if not form.is_valid():
            return self._import_page(request, form)
        file = form.cleaned_data["import_file"]
        return self._preview(request, file.read(), file.name)

    def _read_again(self, request: HttpRequest) -> HttpResponse:
        """Show what would come of a file that is here already, read as the form says."""
        try:
            form = ReadingForm(request.POST)
            ticket = self._ticket(request, form)
            content = self._checked(ticket, storage.look)
        except ImportingError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(self.page_url("import"))
        name, stored_as = ticket.file_name, ticket.stored_as
        return self._preview(request, content, name, form.reading(), stored_as=stored_as)

    def _preview(
        self,
        request: HttpRequest,
        content: bytes,
        file_name: str,
        reading: Reading = FIND_OUT,
        *,
        stored_as: str = "",
    ) -> HttpResponse:
        """The preview of a file, which is kept, unless it is there already as ``stored_as``: to
        be confirmed, or to be read in another way where something is wrong with it."""
        storage.sweep()
        table, result, refusal = None, None, None
        resource = self._resource(**self.get_import_resource_kwargs(request))
        try:
            table = read_table(content, reading, resource.wanted())
            result = resource.import_data(table, dry_run=True, user=request.user)
        except ImportingError as error:
            refusal = error
        form = ImportForm()
        known = table.reading if table is not None else getattr(refusal, "reading", None)
        if known is None:
            form.refuse(str(refusal))
            return self._import_page(request, form, file_name=file_name)
        ticket = make_ticket(
            user=request.user.pk,
            model=self.opts.label_lower,
            resource=self._resource.__name__,
            format=detect_format(content).__name__,
            stored_as=stored_as or storage.keep(content),
            file_name=file_name,
            content=content,
            reading=known,
        )
        token, questions = ticket.sign(), getattr(refusal, "questions", [])
        if refusal is not None and not questions:
            form.refuse(str(refusal))
        is_good = result and not result.has_errors() and result.new + result.changed
        return self._import_page(
            request,
            form,
            result=result,
            confirm_form=ConfirmForm(initial={"token": token}) if is_good else None,
            file_name=file_name,
            read_as=[*words_of_reading(known, table), *(result.ways if result else [])],
            reading_form=ReadingForm.about(known, token, resource, questions),
            questions=questions,
        )

    @method_decorator(require_POST)
    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import the file that was previewed, or with ``cancel`` forget it."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = ConfirmForm(request.POST)
        try:
            ticket = self._ticket(request, form)
            content = self._checked(ticket, storage.take)
            if "cancel" in request.POST:
                messages.info(request, _("The import was cancelled. Nothing was changed."))
                return HttpResponseRedirect(self.page_url("changelist"))
            with transaction.atomic():
                result = self._import(request, content, ticket.reading)
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

    def _ticket(self, request: HttpRequest, form: ConfirmForm) -> Ticket:
        """The ticket that the form hands back. Raises ``ConfirmError``."""
        if not form.is_valid():
            raise ConfirmError
        token = form.cleaned_data["token"]
        return read_ticket(token, user=request.user.pk, model=self.opts.label_lower)

    def _checked(self, ticket: Ticket, get: Callable[[str], bytes]) -> bytes:
        """The ticket's file, taken or looked at. Raises ``ConfirmError``."""
        try:
            content = get(ticket.stored_as)
        except FileNotFoundError as exc:
            raise ConfirmError from exc
        wanted = (self._resource.__name__, detect_format(content).__name__)
        if (ticket.resource, ticket.format) != wanted or not ticket.matches(content):
            raise ConfirmError
        return content

    def _import(self, request: HttpRequest, content: bytes, reading: Reading) -> ImportResult:
        resource = self._resource(**self.get_import_resource_kwargs(request))
        table = read_table(content, reading, resource.wanted())
        return resource.import_data(table, dry_run=False, user=request.user)

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
