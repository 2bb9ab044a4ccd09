from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = _("Clients")

    def ready(self) -> None:
        from auditlog.registry import auditlog

        from console.history.events import name_events
        from tenants.history import EVENTS
        from tenants.models import Client, Domain, Plan

        # What the verbs keep beside the status is told by their events, and by the operations.
        kept = [
            "created_at",
            "updated_at",
            "last_active_at",
            "provisioned_at",
            "schema_version",
            "suspended_at",
            "archived_at",
        ]
        auditlog.register(Client, exclude_fields=kept)
        auditlog.register(Domain)
        auditlog.register(Plan)
        name_events(EVENTS, about=Client)
