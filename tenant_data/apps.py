from django.apps import AppConfig
from django.db.models.signals import post_delete, post_migrate
from django.utils.translation import gettext_lazy as _


class TenantDataConfig(AppConfig):
    name = "tenant_data"
    verbose_name = _("Work")

    def ready(self) -> None:
        from tenant_data.files import delete_with_row
        from tenant_data.history import track
        from tenant_data.models import Attachment
        from tenant_data.roles import keep_roles

        track()
        # Of every app: they may have rights to what other apps bring.
        post_migrate.connect(keep_roles, dispatch_uid="tenant_data.keep_roles")
        post_delete.connect(delete_with_row, sender=Attachment)
