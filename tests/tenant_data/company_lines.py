"""A company's own side, and how a line of its table is written."""

from __future__ import annotations

from django.conf import settings

from console.sites import tenant_site
from tests.role_lines import Side

#: From the least to the most that they may do; `NO_ONE` is not even an owner.
ANYONE, VIEWER, MEMBER, MANAGER, OWNER, NO_ONE = range(6)

COMPANY = Side(
    site=tenant_site,
    urlconf=settings.ROOT_URLCONF,
    # Settings and exports are asked for through the public schema.
    schemas=("alpha", "public"),
    cast=("anyone", "viewer", "member", "manager", "owner"),
    in_files={
        "tenant_data_project": (b"Website", b"Web site"),
        "tenant_data_milestone": (b"Launch", b"Lunch"),
        "tenant_data_label": (b"Urgent", b"Very urgent"),
        "tenant_data_customer": (b"Baker", b"Butcher"),
        "tenant_data_task": (b"Draw the page", b"Draw the pages"),
    },
)

look, do, post = COMPANY.look, COMPANY.do, COMPANY.post
imports, export = COMPANY.imports, COMPANY.export
