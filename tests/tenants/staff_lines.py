"""The staff's side, and how a line of its table is written."""

from __future__ import annotations

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from console.sites import public_site
from tests.role_lines import Line, Side

#: From the least to the most that they may do; `NO_ONE` is not even the superuser.
ANYONE, VIEWER, OPERATOR, MANAGER, SUPERUSER, NO_ONE = range(6)

STAFF = Side(
    site=public_site,
    urlconf=settings.PUBLIC_SCHEMA_URLCONF,
    # Data is imported for a client.
    schemas=("public", "alpha"),
    cast=("anyone", "viewer", "operator", "manager", "superuser"),
    in_files={
        "tenants_client": (b"Alpha", b"Alphabet"),
        "tenants_domain": (b"second.localhost", b"third.localhost"),
        "tenants_plan": (b"Spare", b"Sparse"),
    },
)

look, do, post = STAFF.look, STAFF.do, STAFF.post
imports, export = STAFF.imports, STAFF.export
imports_for = STAFF.imports_for


def bring_file(route: str, least: int, *args: str) -> Line:
    """A file of one task, as far as its preview."""
    return Line(
        STAFF,
        route,
        least,
        args,
        posted=lambda trial: {
            "import_file": SimpleUploadedFile("rows.csv", b"reference,title\nWEB-1,First\n")
        },
        writes=True,
    )
