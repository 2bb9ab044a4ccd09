from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "console.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from console.accounts.history import EVENTS
        from console.history.events import name_events

        name_events(EVENTS)
