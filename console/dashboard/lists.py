"""Where the numbers of the staff's home page lead: lists under the filter that makes them true."""

from __future__ import annotations

from typing import Any

from django.urls import reverse


def clients_url(**query: Any) -> str:
    return reverse("admin:tenants_client_changelist", query=query or None)


def operations_url(**query: Any) -> str:
    return reverse("admin:tenants_operation_changelist", query=query or None)


def rollouts_url(**query: Any) -> str:
    return reverse("admin:tenants_rollout_changelist", query=query or None)
