from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportingConfig(AppConfig):
    """Import and export, and the imports that each side keeps."""

    name = "console.importing"
    label = "importing"
    verbose_name = _("Imports")

    def ready(self) -> None:
        from console.history.together import name_together
        from console.importing import sweeping
        from console.importing.listing import imports_in_words, undos_in_words
        from tenants.signals import reopened

        name_together("import", imports_in_words)
        name_together("undo", undos_in_words)
        reopened.connect(sweeping.take_up_again, dispatch_uid="importing.take_up_again")
