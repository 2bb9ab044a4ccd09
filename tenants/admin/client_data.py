"""Importing a client's own data for it: the pages of an import, from the staff's side.

They are the company's pages of imports, in its schema and as its role. What is drawn around them is
the staff's, so a page is worked out in the schema and drawn in ``public``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django_tenants.utils import schema_context
from unfold.decorators import action

from console.importing.admin import ImportExportMixin
from console.importing.models import Import, ImportState
from console.importing.provider import Provider
from console.live import signed_out
from console.sites import public_site, tenant_site
from tenants.admin.base import client_url, report_refusal
from tenants.admin.client_page import ClientPages
from tenants.exceptions import NotInPlan, SchemaSilent, TenantError
from tenants.models import Client
from tenants.operations.authorise import IMPORT_DATA
from tenants.operations.data import data_hindrance
from tenants.schemas.inspect import schema_exists

NAME = "tenants_client_import_data"
#: The pages of one import, by the name of their view.
ONE = ("read", "map", "confirm", "cancel", "faulty", "live")


class Drawn(HttpResponse):
    """A page that is worked out and not drawn yet."""

    def __init__(self, template: str, context: dict[str, Any]) -> None:
        super().__init__()
        self.template, self.context = template, context


class ForClient(ImportExportMixin):
    """The pages of one kind of a client's data, for one request by one of the staff."""

    def __init__(self, client: Client, pages: ImportExportMixin) -> None:
        # In place of a ModelAdmin's: nothing is registered.
        self.client, self._pages = client, pages
        self.opts, self.model, self.media = pages.opts, pages.model, pages.media
        self.admin_site = public_site
        self.resource_classes = pages.resource_classes

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Asked for before, in ``public``: here are the company's users."""
        return self._pages.is_offered()

    def person(self, request: HttpRequest) -> Provider:
        return Provider(request.user.email)

    def get_import(self, request: HttpRequest, pk: int) -> Import:
        """One that this very person brought: of anything else in the schema they see nothing."""
        import_ = super().get_import(request, pk)
        if not import_.belongs_to(self.person(request)):
            raise Http404
        return import_

    def _facts(self, request: HttpRequest, import_: Import) -> dict[str, Any]:
        facts = {**super()._facts(request, import_), "who": import_.requested_by_email}
        before = facts["before"]
        if before and not before.belongs_to(self.person(request)):
            facts |= {"before_who": self.client.name, "before_url": ""}
        if import_.state == ImportState.DONE:
            facts["who_undoes"] = self.client.name
        return facts

    def import_live(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.get_import(request, pk)
        return super().import_live(request, pk)

    def history_url(self, request: HttpRequest, import_: Import) -> str:
        return reverse("admin:tenants_client_history", args=[self.client.pk])

    def may_undo(self, user: Any, import_: Import) -> bool:
        """It is the company's to undo, on its own pages."""
        return False

    def page_url(self, page: str, *args: Any) -> str:
        if page == "import_undo":
            return ""
        name = page.removeprefix("import").removeprefix("_")
        name = f"admin:{NAME}_{name or 'file'}"
        return reverse(name, args=[self.client.pk, self.opts.model_name, *args])

    def page_links(self) -> dict[str, str]:
        home = client_url(self.client)
        links = {page: self.page_url(page) for page in ("import", "import_sample")}
        return {**links, "changelist": home, "client": home}

    def earlier_url(self) -> str:
        return reverse(f"admin:{NAME}", args=[self.client.pk])

    def importing_page(  # type: ignore[override]  # drawn by whoever called it
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        links = {**self.page_links(), "earlier": self.earlier_url()}
        return Drawn(template, {"media": self.media, "links": links, **context})


class ClientData(ClientPages):
    """The button, and the pages behind it, for the ModelAdmin of clients."""

    def has_import_data_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(IMPORT_DATA)

    def get_urls(self: Any) -> list[URLPattern]:
        start = "<path:object_id>/import-data/<str:model>/"
        views = {"file": "import_action", "sample": "sample_file"}
        urls = [("" if name == "file" else f"{name}/", name, view) for name, view in views.items()]
        urls += [("<int:pk>/", "one", "one_import")]
        urls += [(f"<int:pk>/{name}/", name, f"import_{name}") for name in ONE]
        return [
            path(f"{start}{rest}", self._data_view(view), name=f"{NAME}_{name}")
            for rest, name, view in urls
        ] + super().get_urls()

    def _data_view(self: Any, name: str) -> Any:
        view = never_cache(partial(self._data_page, view=name))
        if name != "import_live":  # Answers for itself where a session has ended.
            view = self.admin_site.admin_view(view)
        return view

    @action(
        description=_("Import data"),
        permissions=["view", "import_data"],
        url_path="import-data",
        icon="upload_file",
    )
    def import_data(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        """What can be imported for the client, and what this person has imported for it."""
        client = self._client_for_data(request, object_id)
        try:
            with entered(client):
                context = {"kinds": _kinds(client), "earlier": _earlier(client, request)}
        except TenantError as error:
            report_refusal(request, error)
            return HttpResponseRedirect(client_url(client))
        title = _("Import data for %(client)s") % {"client": client}
        known = {"title": title, "client": client, "original": client}
        return self.page(request, "tenants/client_data.html", {**known, **context})

    def _client_for_data(self: Any, request: HttpRequest, object_id: str) -> Client:
        if not self.has_import_data_permission(request):
            raise PermissionDenied
        client = self.client_of(request, object_id)
        if client is None:
            raise Http404
        return client

    def _data_page(
        self: Any, request: HttpRequest, object_id: str, model: str, *, view: str, **kwargs: Any
    ) -> HttpResponse:
        """One page, which only the client of the address is asked about."""
        if view == "import_live" and not (
            self.admin_site.has_permission(request) and self.has_import_data_permission(request)
        ):
            return signed_out()
        client = self._client_for_data(request, object_id)
        pages = _pages_of(client, model)
        try:
            with entered(client):
                if not pages.has_import_permission(request):
                    raise NotInPlan
                answer = getattr(pages, view)(request, **kwargs)
        except TenantError as error:
            report_refusal(request, error)
            return HttpResponseRedirect(client_url(client))
        if isinstance(answer, Drawn):
            known = {"client": client, "original": client}
            return self.page(request, answer.template, {**known, **answer.context})
        return answer


@contextmanager
def entered(client: Client) -> Iterator[None]:
    """Be in the client's schema, in its time zone. Raises what ``data_hindrance`` says, and
    ``SchemaSilent`` where there is none."""
    if hindrance := data_hindrance(client):
        raise hindrance
    if not schema_exists(client.schema_name):
        raise SchemaSilent(schema=client.schema_name)
    with schema_context(client.schema_name), timezone.override(client.time_zone):
        yield


def _all_pages() -> Iterator[ImportExportMixin]:
    """The company's own, of everything that a file can bring."""
    for pages in tenant_site._registry.values():
        if isinstance(pages, ImportExportMixin):
            yield pages


def _pages_of(client: Client, model: str) -> ForClient:
    for pages in _all_pages():
        if pages.opts.model_name == model:
            return ForClient(client, pages)
    raise Http404


def _kinds(client: Client) -> list[dict[str, Any]]:
    return [
        {
            "name": capfirst(str(pages.opts.verbose_name_plural)),
            "url": ForClient(client, pages).page_url("import"),
        }
        for pages in _all_pages()
        if pages.is_offered()
    ]


def _earlier(client: Client, request: HttpRequest) -> list[dict[str, Any]]:
    """The last imports that this person brought, with their pages."""
    mine = Import.objects.filter(by_provider=True, requested_by_email=request.user.email)
    by_label = {pages.opts.label_lower: pages for pages in _all_pages()}
    return [
        {
            "import": import_,
            "name": by_label[import_.model].opts.verbose_name_plural,
            "url": ForClient(client, by_label[import_.model]).page_of(import_),
        }
        for import_ in mine[:20]
        if import_.model in by_label
    ]
