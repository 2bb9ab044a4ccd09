"""Clients: the list, the form with its domains, and what can be done to them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from console.importing.admin import ImportExportMixin
from console.modeladmin import ModelAdmin
from console.sites import public_site
from tenants import schema_state
from tenants.admin.base import SecondLook
from tenants.admin.client_actions import ClientActions
from tenants.admin.client_filters import SchemaStateFilter
from tenants.admin.client_form import ClientFormPage
from tenants.admin.client_list import ClientList
from tenants.admin.client_rollouts import ClientRollouts
from tenants.models import Client
from tenants.resources import ClientResource


@admin.register(Client, site=public_site)
class ClientAdmin(
    ImportExportMixin,
    ClientActions,
    ClientRollouts,
    ClientList,
    SecondLook,
    ClientFormPage,
    ModelAdmin,
):
    """Clients can be added and changed. They are archived, and never deleted."""

    resource_classes = (ClientResource,)
    import_next = (
        _("Create the schemas of the new ones"),
        {SchemaStateFilter.parameter_name: schema_state.NONE},
    )

    class Media:
        # A mixin's own would hide those of the next.
        css: ClassVar[dict[str, tuple[str, ...]]] = {
            "all": ("tenants/pages.css", "tenants/client.css", "tenants/clients.css")
        }
        js = ("tenants/client.js",)
