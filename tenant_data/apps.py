from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenantDataConfig(AppConfig):
    name = "tenant_data"
    verbose_name = _("Work")
