"""The part of a company's table that is about its people, its history, settings and data."""

from __future__ import annotations

from tests.role_lines import Line
from tests.tenant_data.company_lines import MANAGER, NO_ONE, OWNER, do, look, post

PASSWORD = {"password1": "bright-new-copper", "password2": "bright-new-copper"}
NEW = {"email": "new@alpha.example", "name": "New"}


def gives(route: str, least: int, *args: str, **answers: str) -> Line:
    """Giving somebody rights: the page is for more people than may give these."""
    return do(route, least, *args, in_words=True, **answers)


PEOPLE = [
    # --- users --------------------------------------------------------------------------------
    look("app_list", MANAGER, "accounts"),
    look("accounts_user_changelist", MANAGER),
    look("accounts_user_change", MANAGER, "user"),
    look("accounts_user_change", MANAGER, "other owner"),
    look("accounts_user_history", OWNER, "user"),
    look("accounts_user_add", MANAGER),
    # Nobody gives more than they have.
    gives("accounts_user_add", MANAGER, role="", **NEW),
    gives("accounts_user_add", MANAGER, role="-1", **NEW),
    gives("accounts_user_add", MANAGER, role="-2", **NEW),
    gives("accounts_user_add", MANAGER, role="-3", **NEW),
    gives("accounts_user_add", OWNER, role="-4", **NEW),
    gives("accounts_user_change", MANAGER, "user", role="-3"),
    gives("accounts_user_change", OWNER, "user", role="-4"),
    gives("accounts_user_change", OWNER, "myself", role="-4", name="Renamed"),
    gives("accounts_user_change", MANAGER, "user", user_permissions="right of managers"),
    gives("accounts_user_change", OWNER, "user", user_permissions="right of owners"),
    do("accounts_user_change", MANAGER, "user", name="Renamed"),
    do("accounts_user_change", OWNER, "other owner", name="Renamed"),
    post("accounts_user_change", NO_ONE, "superuser", email="root@alpha.example", name="Renamed"),
    look("accounts_user_sign_in_link", MANAGER, "user"),
    do("accounts_user_sign_in_link", MANAGER, "user"),
    look("accounts_user_sign_in_link", OWNER, "other owner"),
    do("accounts_user_sign_in_link", OWNER, "other owner"),
    post("accounts_user_sign_in_link", NO_ONE, "superuser"),
    look("accounts_user_try_again", MANAGER, "user"),
    post("accounts_user_try_again", MANAGER, "user", writes=False),
    look("accounts_user_try_again", OWNER, "other owner"),
    post("accounts_user_try_again", NO_ONE, "superuser"),
    look("auth_user_password_change", MANAGER, "user"),
    do("auth_user_password_change", MANAGER, "user", **PASSWORD),
    do("auth_user_password_change", OWNER, "other owner", **PASSWORD),
    post("auth_user_password_change", NO_ONE, "superuser", **PASSWORD),
    look("accounts_user_deactivate", MANAGER, "user"),
    do("accounts_user_deactivate", MANAGER, "user"),
    do("accounts_user_deactivate", OWNER, "other owner"),
    post("accounts_user_deactivate", NO_ONE, "myself"),
    post("accounts_user_deactivate", NO_ONE, "superuser"),
    look("accounts_user_reactivate", MANAGER, "gone"),
    do("accounts_user_reactivate", MANAGER, "gone"),
    do("accounts_user_reactivate", OWNER, "gone owner"),
    look("accounts_user_delete", OWNER, "user"),
    do("accounts_user_delete", OWNER, "user", post="yes"),
    do("accounts_user_delete", OWNER, "other owner", post="yes"),
    post("accounts_user_delete", NO_ONE, "myself", post="yes"),
    post("accounts_user_delete", NO_ONE, "superuser", post="yes"),
    # --- groups -------------------------------------------------------------------------------
    look("app_list", OWNER, "auth"),
    look("auth_group_changelist", OWNER),
    look("auth_group_change", OWNER, "group"),
    look("auth_group_change", OWNER, "role"),
    look("auth_group_history", OWNER, "group"),
    look("auth_group_add", OWNER),
    do("auth_group_add", OWNER, name="New", permissions="right of owners"),
    do("auth_group_change", OWNER, "group", name="Renamed"),
    post("auth_group_change", NO_ONE, "role", name="Renamed"),
    look("auth_group_delete", OWNER, "group"),
    do("auth_group_delete", OWNER, "group", post="yes"),
    look("auth_group_delete", NO_ONE, "role"),
    post("auth_group_delete", NO_ONE, "role", post="yes"),
    # --- history ------------------------------------------------------------------------------
    look("app_list", OWNER, "history"),
    look("history_logentry_changelist", OWNER),
    look("history_logentry_change", OWNER, "entry"),
    look("history_logentry_history", NO_ONE, "entry"),
    look("history_logentry_add", NO_ONE),
    post("history_logentry_add", NO_ONE, event="user_deactivated"),
    post("history_logentry_change", NO_ONE, "entry", event="user_reactivated"),
    look("history_logentry_delete", NO_ONE, "entry"),
    post("history_logentry_delete", NO_ONE, "entry", post="yes"),
    # --- the company --------------------------------------------------------------------------
    look("app_list", OWNER, "company"),
    look("company_settings_changelist", OWNER),
    do("company_settings_changelist", OWNER, name="Renamed"),
    look("company_settings_shades", OWNER, colour="%23112233"),
    look("company_dataexport_changelist", OWNER),
    post("company_dataexport_changelist", OWNER),
    look("company_dataexport_live", OWNER),
    look("company_dataexport_download", NO_ONE, "data"),
    post("company_dataexport_download", OWNER, "data"),
]
