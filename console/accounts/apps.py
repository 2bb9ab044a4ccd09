from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "console.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from auditlog.registry import auditlog
        from django.contrib.auth.models import Group, Permission

        from console.accounts.history import EVENTS
        from console.accounts.models import User
        from console.accounts.rights import full_name
        from console.history.events import name_events
        from console.history.names import call_objects

        # No password, not even its hash; when somebody was here and what they chose is no change.
        fields = ["email", "name", "is_active", "is_staff", "is_superuser"]
        rights = {"groups", "user_permissions"}
        auditlog.register(User, include_fields=fields, m2m_fields=rights)
        auditlog.register(Group, include_fields=["name"], m2m_fields={"permissions"})
        call_objects(Permission, full_name)
        name_events(EVENTS, about=User)
