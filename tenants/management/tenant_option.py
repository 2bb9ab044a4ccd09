"""Choosing a tenant for commands that run inside one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django_tenants.management.commands import InteractiveTenantOption

from tenants.models import Client


class ReadyTenantOption(InteractiveTenantOption):
    """django-tenants' ``--schema``, for clients whose schema is made."""

    def get_tenant_from_options_or_interactive(self, **options: Any) -> Client:
        tenant = super().get_tenant_from_options_or_interactive(**options)
        client = Client.objects.with_schema_exists().get(pk=tenant.pk)
        if not client.is_public and not (client.is_provisioned and client.schema_exists):
            raise CommandError(f"{client} has no schema yet. Create it first.")
        return client
