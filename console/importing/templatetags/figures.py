"""Figures in the templates of imports."""

from __future__ import annotations

from django import template

from console.importing.figures import grouped

register = template.Library()
register.filter(grouped)
