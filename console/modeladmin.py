"""The base of every ModelAdmin of the console."""

from __future__ import annotations

from unfold.admin import ModelAdmin as UnfoldModelAdmin


class ModelAdmin(UnfoldModelAdmin):
    """Unfold's, with the console's defaults."""
