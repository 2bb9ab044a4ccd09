from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportingConfig(AppConfig):
    """Import and export, and the imports that each side keeps."""

    name = "console.importing"
    label = "importing"
    verbose_name = _("Imports")
