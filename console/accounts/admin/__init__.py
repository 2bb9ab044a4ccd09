"""Users and groups, on both sides. Each side has its own; they only share these pages.

Importing this registers them.
"""

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from console.accounts.admin import people, staff

__all__ = ["people", "staff"]

# Groups belong to users here; Django's name for its app is no word of ours.
apps.get_app_config("auth").verbose_name = _("People")
