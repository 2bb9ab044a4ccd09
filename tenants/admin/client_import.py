"""Files of clients: after an import, the schemas of exactly those that it added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from console.history.models import LogEntry
from console.importing.admin import ImportExportMixin
from console.importing.models import Import, ImportState
from console.importing.resource import KeyedResource
from tenants.admin.base import may_provision
from tenants.models import OPEN_STATES, Client, OperationKind
from tenants.operations.authorise import ARCHIVE
from tenants.resources import ClientResource


class ClientImport(ImportExportMixin):
    """Import and export, for the clients' ModelAdmin, which also has ``ClientRollouts``."""

    resource_classes: ClassVar[tuple[type[KeyedResource], ...]] = (ClientResource,)
    import_next_template = "tenants/import_next.html"
    #: Nobody has the right to delete clients: it is by archiving that they are taken away.
    rights_instead: ClassVar[Mapping[str, str]] = {"tenants.delete_client": ARCHIVE}

    def get_urls(self: Any) -> list[URLPattern]:
        create = self.admin_site.admin_view(self.create_imported)
        name = "tenants_client_create_imported"
        return [path("import/<int:pk>/create-schemas/", create, name=name), *super().get_urls()]

    def get_done_context(self: Any, request: HttpRequest, import_: Import) -> dict[str, Any]:
        if not may_provision(request):
            return {}
        return {
            "may_create": True,
            "added": import_.new,
            "waiting": _without_schema(import_).count(),
            "create_url": self.page_url("create_imported", import_.pk),
        }

    def create_imported(self: Any, request: HttpRequest, pk: int) -> HttpResponse:
        """The page that asks whether to create the schemas; what it shows, it will start."""
        if not may_provision(request):
            raise PermissionDenied
        import_ = self.get_import(request, pk)
        back = HttpResponseRedirect(self.page_of(import_))
        if request.method != "POST" or import_.state != ImportState.DONE:
            return back
        clients = _without_schema(import_)
        return self._confirm(request, clients, OperationKind.CREATE_SCHEMA) or back


def _without_schema(import_: Import) -> QuerySet[Client]:
    """Those that the import added, as its history says, and that still wait for somebody to ask
    for their schema."""
    added = LogEntry.objects.filter(
        cid=import_.cid,
        content_type=ContentType.objects.get_for_model(Client),
        action=LogEntry.Action.CREATE,
    )
    clients = Client.objects.in_use().filter(
        pk__in=added.values("object_id"), provisioned_at__isnull=True
    )
    return clients.exclude(operations__state__in=OPEN_STATES)
