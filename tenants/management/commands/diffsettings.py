"""Django's ``diffsettings``, which would print keys and passwords."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.management.commands import diffsettings
from django.views.debug import SafeExceptionReporterFilter


class _Filter(SafeExceptionReporterFilter):
    hidden_settings = re.compile("SECRET|PASS|TOKEN", re.IGNORECASE)


class Command(diffsettings.Command):
    """The same, with what is secret replaced by asterisks."""

    def output_hash(self, user_settings: Any, default_settings: Any, **options: Any) -> Any:
        return super().output_hash(_shown(user_settings), default_settings, **options)

    def output_unified(self, user_settings: Any, default_settings: Any, **options: Any) -> Any:
        return super().output_unified(_shown(user_settings), default_settings, **options)


def _shown(user_settings: dict[str, str]) -> dict[str, str]:
    cleanse = _Filter().cleanse_setting
    return {
        name: repr(cleanse(name, getattr(settings, name))) if hasattr(settings, name) else text
        for name, text in user_settings.items()
    }
