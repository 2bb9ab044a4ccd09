"""The list of the imports that a side keeps. It is only read; each leads to its own page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Model, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from console.filters import DaysFilter
from console.importing.admin import ImportExportMixin
from console.importing.figures import grouped
from console.importing.models import IMPORTED, Import, ImportState
from console.importing.state_words import LABELS, state_of, who_of
from console.modeladmin import ModelAdmin
from console.paginator import BoundedPaginator
from console.sites import ConsoleSite, public_site, tenant_site

#: Of the others, what would have come of the file is of no use.
SHOWS_COUNTS = (ImportState.READY, ImportState.WAITING, ImportState.RUNNING, *IMPORTED)


def importable(site: ConsoleSite, request: HttpRequest) -> dict[str, ImportExportMixin]:
    """What the user may import on the site, by ``app.model``; asked once for a request."""
    known: dict[str, ImportExportMixin] | None = request.__dict__.get("_importable")
    if known is None:
        known = request.__dict__["_importable"] = {
            model._meta.label_lower: pages
            for model, pages in site._registry.items()
            if isinstance(pages, ImportExportMixin) and pages.may_import(request.user)
        }
    return known


class ModelFilter(admin.SimpleListFilter):
    title = _("what")
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = importable(model_admin.admin_site, request).items()
        return [(label, capfirst(pages.opts.verbose_name_plural)) for label, pages in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Import]) -> QuerySet[Import]:
        return queryset.filter(model=self.value()) if self.value() else queryset


@admin.register(Import, site=public_site)
@admin.register(Import, site=tenant_site)
class ImportAdmin(ModelAdmin):
    """Imports of what a user may not import are not there for that user."""

    actions = None
    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER
    list_display = ("file", "what", "who", "when", "how_far", "counts")
    list_display_links = ("file",)
    list_filter = (ModelFilter, "state", ("created_at", DaysFilter))
    search_fields = ("file_name", "person")
    search_help_text = _("Name of the file, or who imported it")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        mine = importable(self.admin_site, request)
        imports = super().get_queryset(request).filter(model__in=mine)
        # Who of the provider it was, no search and no order gives away.
        person = Case(When(by_provider=False, then="requested_by_email"), default=Value(""))
        return imports.alias(person=person).defer("preview", "left_alone")

    @display(description=_("file"), ordering="file_name")
    def file(self, import_: Import) -> str:
        return import_.file_name

    @display(description=_("what"), ordering="model")
    def what(self, import_: Import) -> str:
        return capfirst(kind_of(import_, self.admin_site))

    @display(description=_("who"), ordering="person")
    def who(self, import_: Import) -> str:
        return who_of(import_)

    @display(description=_("when"), ordering="created_at")
    def when(self, import_: Import) -> Any:
        return import_.created_at

    @display(description=_("state"), ordering="state", label=LABELS)
    def how_far(self, import_: Import) -> tuple[str, str]:
        return import_.state, state_of(import_)

    @display(description=_("rows"))
    def counts(self, import_: Import) -> str | None:
        if import_.state not in SHOWS_COUNTS:
            return None
        text = gettext("%(new)s new, %(changed)s changed, %(unchanged)s unchanged")
        names = ("new", "changed", "unchanged")
        said = text % {name: grouped(getattr(import_, name)) for name in names}
        if import_.in_error:
            said += ", " + gettext("%(n)s in error") % {"n": grouped(import_.in_error)}
        return said

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """An import's page is with what it imports."""
        if request.method == "POST" or object_id is None or not self.has_view_permission(request):
            raise PermissionDenied
        import_ = self.get_object(request, unquote(object_id))
        if import_ is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return HttpResponseRedirect(page_of(import_, self.admin_site))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404  # An import is a piece of history: nobody changes it.

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(importable(self.admin_site, request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _pages(import_: Import, site: ConsoleSite) -> ImportExportMixin | None:
    found: list[type[Model]] = [
        model for model in site._registry if model._meta.label_lower == import_.model
    ]
    return site._registry[found[0]] if found else None


def page_of(import_: Import, site: ConsoleSite) -> str:
    """The address of the import's page; that of the list where it has none any more."""
    pages = _pages(import_, site)
    if not isinstance(pages, ImportExportMixin):
        return reverse("admin:importing_import_changelist")
    return pages.page_of(import_)


def kind_of(import_: Import, site: ConsoleSite) -> str:
    """What is imported, in words."""
    pages = _pages(import_, site)
    return str(pages.opts.verbose_name_plural) if pages else import_.model


def imports_in_words(
    keys: set[int], request: HttpRequest, site: ConsoleSite
) -> dict[int, tuple[str, str]]:
    """For the history: the imports that wrote its entries, with a link for those who may follow
    it."""
    return _in_words(gettext("by the import of %(file)s"), keys, request, site)


def undos_in_words(
    keys: set[int], request: HttpRequest, site: ConsoleSite
) -> dict[int, tuple[str, str]]:
    """The same of entries that were written when imports were undone."""
    return _in_words(gettext("by undoing the import of %(file)s"), keys, request, site)


def _in_words(
    text: str, keys: set[int], request: HttpRequest, site: ConsoleSite
) -> dict[int, tuple[str, str]]:
    mine = importable(site, request)
    return {
        import_.pk: (
            text % {"file": import_.file_name},
            page_of(import_, site) if import_.model in mine else "",
        )
        for import_ in Import.objects.filter(pk__in=keys).only("file_name", "model")
    }
