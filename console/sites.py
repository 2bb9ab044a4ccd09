"""The two admins: the staff's in ``public``, and each tenant's in its schema.

Each is the only admin in its URL configuration, so both are called ``admin`` there, as the
templates of Django, Unfold and import-export expect.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite


class PublicSite(UnfoldAdminSite):
    """Where the staff manage clients."""

    settings_name = "UNFOLD_PUBLIC"
    index_title = _("Home")


class TenantSite(UnfoldAdminSite):
    """Where a company's own people work, on that company's data alone."""

    settings_name = "UNFOLD_TENANT"
    index_title = _("Home")


public_site = PublicSite(name="admin")
tenant_site = TenantSite(name="admin")
