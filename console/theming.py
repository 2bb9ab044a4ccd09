"""Unfold's settings for each side.

Unfold takes every string in here for the name of something to import, before it takes it for
text. So what a client wrote, such as its name, never stands in a setting: a callable returns it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from console.palette import scale

if TYPE_CHECKING:
    from console.sites import ConsoleSite

#: A group of the sidebar: its title, and its models (as ``app.Model``) with their symbols.
Group = tuple[Any, tuple[tuple[str, str], ...]]

STAFF_COLOUR = "#0f766e"

PUBLIC_GROUPS: tuple[Group, ...] = (
    (
        _("Clients"),
        (
            ("tenants.Client", "apartment"),
            ("tenants.Domain", "language"),
            ("tenants.Plan", "sell"),
            ("importing.Import", "upload_file"),
        ),
    ),
    (
        _("Schema work"),
        (
            ("tenants.Operation", "build"),
            ("tenants.Rollout", "rocket_launch"),
            ("tenants.SchemaFinding", "health_metrics"),
        ),
    ),
    (
        _("Staff"),
        (
            ("accounts.User", "badge"),
            ("auth.Group", "group"),
            ("history.LogEntry", "history"),
        ),
    ),
)
TENANT_GROUPS: tuple[Group, ...] = (
    (
        _("Work"),
        (
            ("tenant_data.Task", "task_alt"),
            ("tenant_data.Project", "folder_open"),
            ("tenant_data.Milestone", "flag"),
            ("tenant_data.Customer", "handshake"),
            ("tenant_data.Label", "label"),
            ("tenant_data.TimeEntry", "schedule"),
            ("importing.Import", "upload_file"),
        ),
    ),
    (
        _("People"),
        (
            ("accounts.User", "person"),
            ("auth.Group", "group"),
            ("history.LogEntry", "history"),
        ),
    ),
    (_("Company"), (("company.Settings", "tune"), ("company.DataExport", "archive"))),
)


def public_navigation(request: HttpRequest) -> list[dict[str, Any]]:
    from console.sites import public_site

    return _navigation(public_site, PUBLIC_GROUPS, request)


def tenant_navigation(request: HttpRequest) -> list[dict[str, Any]]:
    from console.sites import tenant_site

    return _navigation(tenant_site, TENANT_GROUPS, request)


def _navigation(
    site: ConsoleSite, groups: tuple[Group, ...], request: HttpRequest
) -> list[dict[str, Any]]:
    """The sidebar: Home, and of each group the models that this user may see."""
    home = {"title": _("Home"), "icon": "home", "link": reverse_lazy("admin:index")}
    sections: list[dict[str, Any]] = [{"items": [home]}]
    for title, models in groups:
        items = []
        for label, icon in models:
            model_admin = site._registry.get(apps.get_model(label))
            if model_admin is None or not model_admin.has_module_permission(request):
                continue
            if not model_admin.has_view_or_change_permission(request):
                continue
            options = model_admin.opts
            link = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
            items.append(
                {
                    "title": capfirst(model_admin.menu_title or options.verbose_name_plural),
                    "icon": icon,
                    "link": link,
                    # One item at the most: Unfold's own rule looks for the link anywhere in the
                    # path, and marks the home of a tab as well.
                    "active": request.path.startswith(link),
                }
            )
        if items:
            sections.append({"title": title, "separator": True, "items": items})
    return sections


def tenant_name(request: HttpRequest) -> str:
    return request.tenant.name


def tenant_host(request: HttpRequest) -> str:
    return request.get_host().partition(":")[0]


def tenant_primary(request: HttpRequest) -> dict[str, str]:
    return scale(request.tenant.colour)


def staff_primary(request: HttpRequest) -> dict[str, str]:
    return scale(STAFF_COLOUR)


def tenant_favicon(request: HttpRequest) -> str:
    """The console's mark in the client's colour: tabs of two clients can be told apart."""
    colour = scale(request.tenant.colour)["600"]
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{colour}"/>'
        '<g fill="#fff"><rect x="8" y="8" width="16" height="4" rx="2"/>'
        '<rect x="8" y="14" width="16" height="4" rx="2" opacity=".75"/>'
        '<rect x="8" y="20" width="16" height="4" rx="2" opacity=".5"/></g></svg>'
    )
    return "data:image/svg+xml," + quote(svg)


def _static(name: str) -> Callable[[HttpRequest], str]:
    """The address of a static file, asked for when it is needed: it carries a hash."""
    return lambda request: static(name)


def _icon(href: Callable[[HttpRequest], str]) -> list[dict[str, Any]]:
    return [{"rel": "icon", "type": "image/svg+xml", "href": href}]


_BOTH_SIDES: dict[str, Any] = {
    # No "View site": the admin is the site.
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": True,
    "BORDER_RADIUS": "8px",
    "STYLES": [_static("console/console.css")],
    "SCRIPTS": [_static("console/console.js"), _static("console/once.js")],
    "LOGIN": {"form": "console.accounts.forms.SignInForm"},
}

UNFOLD_PUBLIC: dict[str, Any] = {
    **_BOTH_SIDES,
    "SITE_TITLE": _("Tenant Console"),
    "SITE_HEADER": _("Tenant Console"),
    "SITE_SUBHEADER": _("Staff"),
    "SITE_SYMBOL": "stacks",
    "SITE_FAVICONS": _icon(_static("console/favicon.svg")),
    "COLORS": {"primary": staff_primary},
    "DASHBOARD_CALLBACK": "console.dashboard.public.home",
    "SIDEBAR": {"show_search": True, "command_search": True, "navigation": public_navigation},
}
UNFOLD_TENANT: dict[str, Any] = {
    **_BOTH_SIDES,
    "SITE_TITLE": tenant_name,
    "SITE_HEADER": tenant_name,
    "SITE_SUBHEADER": tenant_host,
    "SITE_SYMBOL": "stacks",
    "SITE_FAVICONS": _icon(tenant_favicon),
    "COLORS": {"primary": tenant_primary},
    "DASHBOARD_CALLBACK": "console.dashboard.tenant.home",
    "SIDEBAR": {"show_search": True, "command_search": True, "navigation": tenant_navigation},
}
