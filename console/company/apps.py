from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CompanyConfig(AppConfig):
    """What belongs to a company as a whole, on its own pages: its settings, and all of its data."""

    name = "console.company"
    label = "company"
    verbose_name = _("Company")

    def ready(self) -> None:
        from console.company import waking
        from console.company.history import EVENTS
        from console.history.events import name_events
        from tenants.signals import reopened

        name_events(EVENTS)
        reopened.connect(waking.take_up_again, dispatch_uid="company.take_up_again")
