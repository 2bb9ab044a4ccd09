from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TenantDataConfig(AppConfig):
    name = "tenant_data"
    verbose_name = _("Work")

    def ready(self) -> None:
        from tenant_data.roles import keep_roles

        # This app is the last one, so all permissions of the schema are there by then.
        post_migrate.connect(keep_roles, sender=self, dispatch_uid="tenant_data.keep_roles")
