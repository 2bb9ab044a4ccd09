"""Adding a client from outside a form."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from tenants.exceptions import PlanRetired
from tenants.models import Client, Domain, Plan


def create_client(
    *, schema_name: str, name: str, domain: str, admin_name: str, admin_email: str, plan: Plan
) -> Client:
    """Add a client with its primary domain; makes no schema.

    Raises ``ValidationError`` with the fields' messages, as a form would show them.
    """
    with transaction.atomic():
        client = Client(
            schema_name=schema_name,
            name=name,
            admin_name=admin_name,
            admin_email=admin_email,
            plan=plan,
        )
        client.full_clean()
        if plan.is_retired:
            raise ValidationError({"plan": str(PlanRetired(plan=plan))})
        client.save()
        address = Domain(tenant=client, domain=domain, is_primary=True)
        address.full_clean()
        address.save()
    return client
