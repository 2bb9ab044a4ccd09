"""Where a page is, and what it is called: for its head and for the browser's tab.

Unfold's own names the app, which is no word of ours and repeats the list's ("Clients > Clients"),
and leaves out what the page itself is, such as "Import clients".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django import template
from django.db.models import Model
from django.db.models.options import Options
from django.template.context import Context
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

register = template.Library()


@dataclass(frozen=True)
class Crumb:
    title: str
    link: str = ""


@dataclass(frozen=True)
class PageHead:
    """The name of a page, and the pages that it lies below."""

    title: str
    crumbs: list[Crumb]


@register.simple_tag(takes_context=True)
def page_head(context: Context) -> PageHead:
    options, obj = _options(context), _object(context)
    title = str(context.get("content_title") or context.get("title") or "").strip()
    if options is None:
        return PageHead(title, [])
    parts = [Crumb(_list_name(context, options), _list_url(context, options))]
    if obj is not None:
        parts.append(Crumb(str(obj), _object_url(obj)))
    if own := _own_name(context, obj, title):
        parts.append(Crumb(own))
    return PageHead(parts[-1].title, parts[:-1])


@register.simple_tag(takes_context=True)
def tab_title(context: Context) -> str:
    """The page's name, and before the site's that of what it lies below."""
    head = page_head(context)
    names = [head.title, *(crumb.title for crumb in reversed(head.crumbs))]
    return " \N{EN DASH} ".join(name for name in names[:2] if name)


def _own_name(context: Context, obj: Model | None, title: str) -> str:
    """What the page is called; nothing for a list and for the page of the object itself."""
    is_form = "adminform" in context
    if context.get("cl") or (is_form and obj is not None):
        return ""
    if "action_list" in context and obj is not None:
        return _("History")
    return "" if obj is not None and title == str(obj) else title


def _options(context: Context) -> Options[Any] | None:
    if options := context.get("opts"):
        return options
    if obj := _object(context):
        return obj._meta
    return getattr(context.get("model_admin"), "opts", None)


def _object(context: Context) -> Model | None:
    for name in ("original", "object"):
        if isinstance(value := context.get(name), Model):
            return value
    return None


def _list_name(context: Context, options: Options[Any]) -> str:
    """What the sidebar calls it."""
    titles = context.get("menu_titles") or {}
    return capfirst(str(titles.get(options.model) or options.verbose_name_plural))


def _list_url(context: Context, options: Options[Any]) -> str:
    url = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    filters = context.get("preserved_filters")
    # As Django does: back to the list as it was filtered.
    if filters and str(filters).startswith("_changelist_filters="):
        return f"{url}?{parse_qs(str(filters))['_changelist_filters'][0]}"
    return url


def _object_url(obj: Model) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
