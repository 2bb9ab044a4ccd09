"""Export on the pages of a ModelAdmin. Those that import too are in ``console.importing.admin``."""

from __future__ import annotations

from typing import IO, Any, ClassVar

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import slugify
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from import_export.admin import ExportMixin as LibraryMixin
from import_export.signals import post_export

from console.importing.exceptions import SheetError
from console.importing.exported import ExportedResource
from console.importing.formats import FORMATS, Written
from console.importing.forms import ExportForm
from console.importing.streams import nameless_file
from console.postgres.moment import one_moment


class ExportMixin(LibraryMixin):
    """Adds the export page. Set ``resource_classes`` to one resource, of any kind.

    Exporting needs the permissions to export and view.
    """

    resource_classes: ClassVar[tuple[type[ExportedResource], ...]] = ()
    export_formats = FORMATS
    export_form_class = ExportForm
    #: The pages of the model that are linked from those of import and export.
    pages: ClassVar[tuple[str, ...]] = ("changelist",)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return super().has_export_permission(request) and self.has_view_permission(request)

    def page_url(self, page: str, *args: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    def page_links(self) -> dict[str, str]:
        return {page: self.page_url(page) for page in self.pages}

    def export_action(self, request: HttpRequest) -> HttpResponse:
        try:
            return super().export_action(request)
        except IncorrectLookupParameters:  # As the list itself does with such an address.
            return HttpResponseRedirect(f"{self.page_url('changelist')}?{ERROR_FLAG}=1")

    def _do_file_export(
        self, file_format: Any, request: HttpRequest, queryset: QuerySet[Any], **kwargs: Any
    ) -> HttpResponse:
        """The file, which is on disk before its first byte is sent: the library would have all of
        it in memory, twice."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        try:
            file = _written(type(file_format), self.resource_classes[0](), queryset)
        except SheetError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())
        # The response closes it once it was sent.
        response = FileResponse(
            file,
            as_attachment=True,
            filename=self.get_export_filename(request, queryset, file_format),
            content_type=file_format.get_content_type(),
        )
        response["X-Content-Type-Options"] = "nosniff"
        post_export.send(sender=None, model=self.model)
        return response

    def get_export_filename(self, request: HttpRequest, queryset: Any, file_format: Any) -> str:
        # Not the schema's name on the staff's side: a file called “public” reads as one to publish.
        whose = "console" if request.tenant.is_public else request.tenant.schema_name
        name = slugify(f"{whose} {self.opts.verbose_name_plural}")
        return f"{name}-{localdate():%Y-%m-%d}.{file_format.get_extension()}"

    def init_request_context_data(self, request: HttpRequest, form: Any) -> dict[str, Any]:
        context = super().init_request_context_data(request, form)
        name = self.opts.verbose_name_plural
        context["title"] = _("Export %(name)s") % {"name": name}
        context["links"] = self.page_links()
        context["count"] = self.get_export_queryset(request).count()
        return context


def _written(
    file_format: type[Written], resource: ExportedResource, queryset: QuerySet[Any]
) -> IO[bytes]:
    """The rows as they are at this moment. Raises ``SheetError``."""
    file = nameless_file()
    try:
        with one_moment():
            resource.write_to(file, file_format, queryset)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file
