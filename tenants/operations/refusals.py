"""More of ``tenants.exceptions``: why a schema that is missing, or has no client, is not mended,
and why a rollout is not paused."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tenants.exceptions import TenantError


class SchemaIsThere(TenantError):
    """A schema was said to be gone, and the database has it."""

    message = _("The schema “%(schema)s” is in the database. Check the schemas again.")


class SchemaNotOurs(TenantError):
    """A schema that is not as the console makes them: another program's, or an empty one."""

    message = _(
        "The schema “%(schema)s” was not made by the console, or belongs to another role, so it "
        "is left alone. A database administrator has to look at it."
    )


class SchemaGone(TenantError):
    """An orphaned schema was dropped since it was found."""

    message = _("The schema “%(schema)s” is not in the database any more.")


class SchemaHasClient(TenantError):
    """An orphaned schema has a client by now."""

    message = _("The schema “%(schema)s” is that of %(client)s. Check the schemas again.")


class ReactivateFirst(TenantError):
    """Nothing is made for a suspended client."""

    message = _("%(client)s is suspended. Reactivate it first.")


class RolloutNotShared(TenantError):
    """Each of the rollout's operations has a job of its own, or a terminal does them all."""

    message = _("%(rollout)s cannot be paused. Cancel what waits instead.")
