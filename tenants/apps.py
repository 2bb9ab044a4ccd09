from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = _("Clients")

    def ready(self) -> None:
        from auditlog.registry import auditlog

        from tenants.models import Client, Domain, Plan

        # What the verbs keep of a client is told by their own events, and by the operations.
        kept = ["updated_at", "last_active_at", "schema_version", "created_at"]
        auditlog.register(Client, exclude_fields=kept)
        auditlog.register(Domain)
        auditlog.register(Plan)
