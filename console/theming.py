"""Unfold's settings for each side."""

UNFOLD_PUBLIC = {"SITE_TITLE": "Tenant Console", "SITE_HEADER": "Tenant Console"}
UNFOLD_TENANT = {"SITE_TITLE": "Tenant Console", "SITE_HEADER": "Tenant Console"}
