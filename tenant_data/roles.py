"""What each role of a company's people may do, and the groups that are kept so.

The groups are made with the schema and kept right by its migrations (``tenant_data.apps``).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Set
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections
from django_tenants.utils import get_public_schema_name

from console.accounts.kept import keep_groups
from console.accounts.roles import TenantRole

logger = logging.getLogger(__name__)


def _each(app: str, models: tuple[str, ...], *verbs: str) -> frozenset[str]:
    return frozenset(f"{app}.{verb}_{model}" for model in models for verb in verbs)


#: What the work is arranged by, what it is, and what is added to it on the way.
_FRAME = ("project", "milestone", "label", "customer")
_WORK = ("task",)
_NOTES = ("comment", "timeentry", "attachment")

_VIEWER = _each("tenant_data", (*_FRAME, *_WORK, *_NOTES), "view")
_MEMBER = (
    _VIEWER
    | _each("tenant_data", _WORK, "add", "change", "export")
    | _each("tenant_data", _NOTES, "add")
)
_MANAGER = (
    _MEMBER
    | _each("tenant_data", (*_FRAME, *_WORK), "add", "change", "delete", "import", "export")
    | _each("tenant_data", _NOTES, "delete")
    # A file is what was sent: nobody changes it, and it is exported as it is.
    | _each("tenant_data", ("comment", "timeentry"), "change", "export")
    | _each("accounts", ("user",), "view", "add", "change")
)
_OWNER = (
    _MANAGER
    | _each("accounts", ("user",), "delete")
    | _each("auth", ("group",), "view", "add", "change", "delete")
    | _each("history", ("logentry",), "view")
    | _each("company", ("settings",), "view", "change")
    | _each("company", ("dataexport",), "view", "add")
)

#: The rights of each role, as ``app.codename``. Each has all of the one before it: nobody may
#: give a right that they lack, and an owner is to give any role.
RIGHTS: dict[TenantRole, frozenset[str]] = {
    TenantRole.VIEWER: _VIEWER,
    TenantRole.MEMBER: _MEMBER,
    TenantRole.MANAGER: _MANAGER,
    TenantRole.OWNER: _OWNER,
}

#: What ``digest(RIGHTS)`` was when it was last announced: the groups of a schema are brought up to
#: date after a migration without operations, or one that brings models or permissions.
RECORDED_DIGEST = "f3ab717431c402da"


def _last_app() -> AppConfig:
    """The app of the tenants to which ``post_migrate`` is sent last."""
    configs = [config for config in apps.get_app_configs() if config.models_module is not None]
    return [config for config in configs if config.name in settings.TENANT_APPS][-1]


def digest(rights: Mapping[Any, Set[str]]) -> str:
    """A short text that is another one for other rights."""
    lines = (f"{role.value}: {' '.join(sorted(names))}" for role, names in rights.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def keep_roles(*, app_config: AppConfig, using: str, **signal: Any) -> None:
    """Make the groups of the roles, or give them back their rights, as ``keep_groups`` does.

    Called for each app after the migrations of a schema, and acts after the last one of a tenant:
    the permissions of all are there by then. Does nothing in ``public``, where groups with the
    same ids are the staff's.
    """
    connection = connections[using]
    if connection.schema_name == get_public_schema_name() or app_config is not _last_app():
        return
    for old, new in keep_groups(RIGHTS):
        logger.info(
            "%s: the group “%s” is called “%s” now, for there is a role of that name.",
            connection.schema_name,
            old,
            new,
        )
