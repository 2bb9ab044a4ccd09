"""Import and export on the pages of a ModelAdmin."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from import_export.admin import ImportExportMixin as LibraryMixin
from tablib import Dataset

from console.importing.exceptions import ImportingError
from console.importing.exporting import ExportMixin
from console.importing.formats import CSV, FORMATS
from console.importing.forms import ImportForm
from console.importing.keeping import receive
from console.importing.kept_pages import KeptPagesMixin
from console.importing.models import Import
from console.importing.resource import KeyedResource
from console.importing.sweeping import sweep
from console.importing.undoing import rights_to_undo
from console.uploads import was_cut


class ImportExportMixin(KeptPagesMixin, ExportMixin, LibraryMixin):
    """Adds the import and export pages. Set ``resource_classes`` to one ``KeyedResource``.

    The library's page with a file that stays on this side, in its schema's folder; what comes
    after it are the pages of the ``Import``. Importing needs the permissions to import, add and
    change.
    """

    import_formats = FORMATS
    pages = ("changelist", "import", "import_sample")
    #: The right that is asked for in the place of one that the model does not have.
    rights_instead: Mapping[str, str] = MappingProxyType({})

    # --- who may -------------------------------------------------------------------------------

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.may_import(request.user)

    def may_import(self, user: Any) -> bool:
        """Whether the user may import, also for those who have no request: a job asks as well."""
        label, name = self.opts.app_label, self.opts.model_name
        verbs = ("import", "add", "change")
        if not user.has_perms([f"{label}.{verb}_{name}" for verb in verbs]):
            return False
        return self.is_offered()

    def is_offered(self) -> bool:
        """Whether the plan, where there is one, has what is imported: whoever imports it."""
        # The library does not ask the ModelAdmin that comes after this one.
        is_in_plan = getattr(self, "is_in_plan", None)
        return is_in_plan is None or bool(is_in_plan())

    def may_undo(self, user: Any, import_: Import) -> bool:
        """Whether the user may take back what an import of this kind brought, to whatever model."""
        if not self.may_import(user):
            return False
        rights = rights_to_undo(import_)
        return bool(user.has_perms([self.rights_instead.get(right, right) for right in rights]))

    def make_resource(self) -> KeyedResource:
        """The resource, for one look at a file."""
        resource: KeyedResource = self.resource_classes[0]()
        return resource

    # --- the page that asks for a file ---------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        name = "{}_{}_import".format(*self.get_model_info())
        sample = self.admin_site.admin_view(self.sample_file)
        # The library would confirm a file at an address of its own.
        confirm = "{}_{}_process_import".format(*self.get_model_info())
        others = [url for url in super().get_urls() if url.name != confirm]
        return [
            path("import/sample/", sample, name=f"{name}_sample"),
            *self.kept_urls(name),
            *others,
        ]

    @method_decorator(never_cache)
    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Ask for a file, and find out what would come of it: nothing but that is written."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._import_page(request, ImportForm())
        form = ImportForm(request.POST, request.FILES, was_cut=was_cut(request))
        if not form.is_valid():
            return self._import_page(request, form)
        file = form.cleaned_data["import_file"]
        try:
            import_ = receive(
                file,
                model=self.opts.label_lower,
                name=file.name,
                make=self.make_resource,
                user=self.person(request),
            )
        except ImportingError as refusal:
            form = ImportForm()
            form.refuse(str(refusal))
            return self._import_page(request, form, file_name=file.name)
        sweep()
        return HttpResponseRedirect(self.page_of(import_))

    def _import_page(self, request: HttpRequest, form: ImportForm, **context: Any) -> HttpResponse:
        return self.importing_page(
            request,
            self.import_template_name,
            {
                "title": _("Import %(name)s") % {"name": self.opts.verbose_name_plural},
                "form": form,
                "columns": self.make_resource().explained_columns(),
                **context,
            },
        )

    def importing_page(
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> TemplateResponse:
        """The template, with what every page of imports needs in its context."""
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "media": self.media,
                "links": {**self.page_links(), "earlier": self.earlier_url()},
                **context,
            },
        )

    # --- the sample -------------------------------------------------------------

    def sample_file(self, request: HttpRequest) -> HttpResponse:
        """A file with the columns and two rows, to begin with."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        header, *rows = self.make_resource().sample()
        name = f"{self.opts.model_name}-sample.csv"
        return _download(CSV().export_data(Dataset(*rows, headers=header)), CSV, name)


def _download(content: bytes, file_format: type[Any], name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=file_format.CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
