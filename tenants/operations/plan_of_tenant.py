"""The plan of the tenant that the connection is in, for what writes that tenant's rows."""

from __future__ import annotations

from typing import Any

from console.postgres.contexts import platform_context, tenants_connection
from tenants.models import Client, Plan
from tenants.validators import PUBLIC_SCHEMA


def current_plan() -> Plan | None:
    """The plan, or ``None`` in ``public`` and for a client without one.

    A request has its client with it. A worker or a command knows the name of the schema alone,
    and asks ``public`` once for each block that it spends in a tenant.
    """
    connection = tenants_connection()
    tenant: Any = connection.tenant
    if connection.schema_name == PUBLIC_SCHEMA or tenant is None:
        return None
    if isinstance(tenant, Client) and Client.plan.is_cached(tenant):
        return tenant.plan
    if not hasattr(tenant, "plan_at_entry"):
        with platform_context():
            client = Client.objects.select_related("plan").filter(schema_name=tenant.schema_name)
            found = client.first()
        tenant.plan_at_entry = found.plan if found else None
    return tenant.plan_at_entry
