"""Files of clients: after an import, the schemas of exactly those that it added."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from console.importing.admin import ImportExportMixin
from console.importing.done import Done, recall_done
from console.importing.resource import KeyedResource
from tenants.admin.base import may_provision
from tenants.models import OPEN_STATES, Client, OperationKind
from tenants.resources import ClientResource


class ClientImport(ImportExportMixin):
    """Import and export, for the clients' ModelAdmin, which also has ``ClientRollouts``."""

    resource_classes: ClassVar[tuple[type[KeyedResource], ...]] = (ClientResource,)
    import_done_template = "tenants/import_done.html"

    def get_urls(self: Any) -> list[URLPattern]:
        create = self.admin_site.admin_view(self.create_imported)
        name = "tenants_client_create_imported"
        return [
            path("import/done/<str:key>/create-schemas/", create, name=name),
            *super().get_urls(),
        ]

    def has_next_step(self, request: HttpRequest) -> bool:
        return may_provision(request)

    def get_done_context(self, request: HttpRequest, done: Done) -> dict[str, Any]:
        key = request.resolver_match.kwargs["key"]
        return {
            "waiting": _without_schema(done).count() if may_provision(request) else 0,
            "drafts_url": f"{reverse('admin:tenants_client_changelist')}?status=draft",
            "create_url": reverse("admin:tenants_client_create_imported", args=[key]),
        }

    def create_imported(self: Any, request: HttpRequest, key: str) -> HttpResponse:
        """The page that asks whether to create the schemas; what it shows, it will start."""
        if not may_provision(request) or not self.has_import_permission(request):
            raise PermissionDenied
        back = HttpResponseRedirect(reverse("admin:tenants_client_import_done", args=[key]))
        done = recall_done(request.session, self.opts.label_lower, key)
        if request.method != "POST" or done is None:
            return back
        return self._confirm(request, _without_schema(done), OperationKind.CREATE_SCHEMA) or back


def _without_schema(done: Done) -> QuerySet[Client]:
    """Those that the import added and that still wait for somebody to ask for their schema."""
    clients = Client.objects.in_use().filter(done.is_added, provisioned_at__isnull=True)
    return clients.exclude(operations__state__in=OPEN_STATES)
