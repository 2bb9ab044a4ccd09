"""Adding a client from outside a form."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.history.acting import acting_as
from tenants.models import Client, Domain, Plan
from tenants.operations.authorise import ADD, require
from tenants.operations.plans import plan_hindrance
from tenants.schemas.inspect import schema_exists


def create_client(
    *,
    schema_name: str,
    name: str,
    domain: str,
    admin_name: str,
    admin_email: str,
    plan: Plan,
    acting_user: User | None,
) -> Client:
    """Add a client with its primary domain; makes no schema.

    Raises ``NotAllowed``, and ``ValidationError`` with the fields' messages, as a form would show
    them: so also where the database has a schema of that name, which would be somebody else's.
    """
    require(acting_user, ADD)
    with transaction.atomic(), acting_as(acting_user):
        client = Client(
            schema_name=schema_name,
            name=name,
            admin_name=admin_name,
            admin_email=admin_email,
            plan=plan,
        )
        client.full_clean()
        if refusal := plan_hindrance(plan, had=None):
            raise ValidationError({"plan": str(refusal)})
        if schema_exists(schema_name):
            message = _("The database has a schema “%(name)s” already. Choose another name.")
            raise ValidationError({"schema_name": message % {"name": schema_name}})
        client.save()
        address = Domain(tenant=client, domain=domain, is_primary=True)
        address.full_clean()
        address.save()
    return client
