"""Clients: the list, the form with its domains, and what can be done to them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin

from console.modeladmin import ModelAdmin
from console.sites import public_site
from tenants.admin.base import SecondLook
from tenants.admin.client_actions import ClientActions
from tenants.admin.client_branding import ClientBranding
from tenants.admin.client_form import ClientFormPage
from tenants.admin.client_import import ClientImport
from tenants.admin.client_list import ClientList
from tenants.admin.client_rollouts import ClientRollouts
from tenants.models import Client


@admin.register(Client, site=public_site)
class ClientAdmin(
    ClientImport,
    ClientActions,
    ClientRollouts,
    ClientList,
    SecondLook,
    ClientBranding,
    ClientFormPage,
    ModelAdmin,
):
    """Clients can be added and changed. They are archived, and never deleted."""

    class Media:
        # A mixin's own would hide those of the next.
        css: ClassVar[dict[str, tuple[str, ...]]] = {
            "all": ("tenants/pages.css", "tenants/client.css", "tenants/clients.css")
        }
        js = ("tenants/client.js",)
