"""Who of a company's people may open which page and press which button: the whole of it, in one
table.

A line for each page and each thing that is done on it, and from whom on it may be used. What is
posted is what a browser would send: the page's own form, filled in.
"""

from __future__ import annotations

from tests.role_lines import Line
from tests.tenant_data.company_lines import (
    ANYONE,
    MANAGER,
    MEMBER,
    NO_ONE,
    OWNER,
    VIEWER,
    do,
    export,
    imports,
    look,
    post,
)
from tests.tenant_data.company_people import PEOPLE
from tests.tenant_data.work import upload as a_file

DELETED = {"post": "yes"}
ON_TASK = {"on": "tenant_data_task_change"}
NEW_TASK = {"project": "project", "title": "New", "number": ""}


def delete_selected(model: str, least: int, row: str) -> Line:
    """What a list's page that asks sends; to others the list comes back as it was."""
    data = {"action": "delete_selected", "_selected_action": row, **DELETED}
    return post(f"{model}_changelist", least, in_words=True, **data)


def in_files(model: str, exported: int = MANAGER) -> list[Line]:
    """What comes in from files, and goes out to them."""
    return [
        *imports(model, MANAGER),
        look(f"{model}_export", exported),
        export(model, exported),
    ]


TABLE: list[Line] = [
    # --- everybody's own ----------------------------------------------------------------------
    look("index", ANYONE),
    look("search", ANYONE, s="web"),
    look("password_change", ANYONE),
    look("password_change_done", ANYONE),
    look("app_list", VIEWER, "tenant_data"),
    look("view_on_site", NO_ONE, "1", "task"),
    # --- tasks --------------------------------------------------------------------------------
    look("tenant_data_task_changelist", VIEWER),
    look("tenant_data_task_change", VIEWER, "task"),
    look("tenant_data_task_history", OWNER, "task"),
    look("tenant_data_task_add", MEMBER),
    do("tenant_data_task_add", MEMBER, **NEW_TASK),
    do("tenant_data_task_change", MEMBER, "task", title="Renamed"),
    look("tenant_data_task_status", NO_ONE, "task"),
    post("tenant_data_task_status", MEMBER, "task", **{"from": "open", "to": "done"}),
    look("tenant_data_task_many_assign", MEMBER),
    post("tenant_data_task_many_assign", MEMBER, tasks="task", person="user"),
    look("tenant_data_task_many_status", MEMBER),
    post("tenant_data_task_many_status", MEMBER, tasks="task", status="done"),
    look("tenant_data_task_many_move", MEMBER),
    post("tenant_data_task_many_move", MEMBER, tasks="task", project="empty project"),
    look("tenant_data_task_delete", MANAGER, "spare task"),
    do("tenant_data_task_delete", MANAGER, "spare task", **DELETED),
    post("tenant_data_task_delete", NO_ONE, "task", in_words=True, **DELETED),
    delete_selected("tenant_data_task", MANAGER, "spare task"),
    *in_files("tenant_data_task", exported=MEMBER),
    # --- what hangs on a task -----------------------------------------------------------------
    look("tenant_data_task_comment", MEMBER, "task"),
    do("tenant_data_task_comment", MEMBER, "task", text="Well said", **ON_TASK),
    look("tenant_data_comment_changelist", VIEWER),
    look("tenant_data_comment_change", VIEWER, "comment"),
    look("tenant_data_comment_history", OWNER, "comment"),
    look("tenant_data_comment_add", NO_ONE),
    post("tenant_data_comment_add", NO_ONE, task="task", text="No"),
    do("tenant_data_comment_change", MEMBER, "own comment", text="Better said"),
    do("tenant_data_comment_change", MANAGER, "comment", text="Better said"),
    look("tenant_data_comment_delete", MEMBER, "own comment"),
    do("tenant_data_comment_delete", MEMBER, "own comment", **DELETED),
    look("tenant_data_comment_delete", MANAGER, "comment"),
    do("tenant_data_comment_delete", MANAGER, "comment", **DELETED),
    delete_selected("tenant_data_comment", MEMBER, "own comment"),
    delete_selected("tenant_data_comment", MANAGER, "comment"),
    look("tenant_data_comment_export", MANAGER),
    export("tenant_data_comment", MANAGER),
    look("tenant_data_task_time", MEMBER, "task"),
    do("tenant_data_task_time", MEMBER, "task", minutes="1:30", **ON_TASK),
    look("tenant_data_timeentry_changelist", VIEWER),
    look("tenant_data_timeentry_change", VIEWER, "time"),
    look("tenant_data_timeentry_history", OWNER, "time"),
    look("tenant_data_timeentry_add", MEMBER),
    do("tenant_data_timeentry_add", MEMBER, task="task", minutes="1:30"),
    do("tenant_data_timeentry_change", MEMBER, "own time", note="Mine"),
    do("tenant_data_timeentry_change", MANAGER, "time", note="Theirs"),
    look("tenant_data_timeentry_delete", MEMBER, "own time"),
    do("tenant_data_timeentry_delete", MEMBER, "own time", **DELETED),
    look("tenant_data_timeentry_delete", MANAGER, "time"),
    do("tenant_data_timeentry_delete", MANAGER, "time", **DELETED),
    delete_selected("tenant_data_timeentry", MEMBER, "own time"),
    delete_selected("tenant_data_timeentry", MANAGER, "time"),
    look("tenant_data_timeentry_export", MANAGER),
    export("tenant_data_timeentry", MANAGER),
    look("tenant_data_task_attach", MEMBER, "task"),
    do("tenant_data_task_attach", MEMBER, "task", files=lambda: a_file("new.pdf"), **ON_TASK),
    look("tenant_data_attachment_changelist", VIEWER),
    look("tenant_data_attachment_change", VIEWER, "attachment"),
    look("tenant_data_attachment_history", OWNER, "attachment"),
    look("tenant_data_attachment_file", VIEWER, "attachment"),
    look("tenant_data_attachment_add", NO_ONE),
    post("tenant_data_attachment_add", NO_ONE, task="task", name="No"),
    post("tenant_data_attachment_change", NO_ONE, "attachment", name="No"),
    look("tenant_data_attachment_delete", MEMBER, "own attachment"),
    do("tenant_data_attachment_delete", MEMBER, "own attachment", **DELETED),
    look("tenant_data_attachment_delete", MANAGER, "attachment"),
    do("tenant_data_attachment_delete", MANAGER, "attachment", **DELETED),
    delete_selected("tenant_data_attachment", MEMBER, "own attachment"),
    delete_selected("tenant_data_attachment", MANAGER, "attachment"),
    # --- what the work is arranged by ---------------------------------------------------------
    look("tenant_data_project_changelist", VIEWER),
    look("tenant_data_project_change", VIEWER, "project"),
    look("tenant_data_project_history", OWNER, "project"),
    look("tenant_data_project_add", MANAGER),
    do("tenant_data_project_add", MANAGER, key="NEW", name="New"),
    do("tenant_data_project_change", MANAGER, "project", name="Renamed"),
    look("tenant_data_project_delete", MANAGER, "empty project"),
    do("tenant_data_project_delete", MANAGER, "empty project", **DELETED),
    post("tenant_data_project_delete", NO_ONE, "project", **DELETED),
    *in_files("tenant_data_project"),
    look("tenant_data_milestone_changelist", VIEWER),
    look("tenant_data_milestone_change", VIEWER, "milestone"),
    look("tenant_data_milestone_history", OWNER, "milestone"),
    look("tenant_data_milestone_add", MANAGER),
    do("tenant_data_milestone_add", MANAGER, project="project", name="New"),
    do("tenant_data_milestone_change", MANAGER, "milestone", name="Renamed"),
    look("tenant_data_milestone_delete", MANAGER, "milestone"),
    do("tenant_data_milestone_delete", MANAGER, "milestone", **DELETED),
    delete_selected("tenant_data_milestone", MANAGER, "milestone"),
    *in_files("tenant_data_milestone"),
    look("tenant_data_label_changelist", VIEWER),
    look("tenant_data_label_change", VIEWER, "label"),
    look("tenant_data_label_history", OWNER, "label"),
    look("tenant_data_label_add", MANAGER),
    do("tenant_data_label_add", MANAGER, name="New"),
    do("tenant_data_label_change", MANAGER, "label", name="Renamed"),
    look("tenant_data_label_delete", MANAGER, "label"),
    do("tenant_data_label_delete", MANAGER, "label", **DELETED),
    delete_selected("tenant_data_label", MANAGER, "label"),
    *in_files("tenant_data_label"),
    look("tenant_data_customer_changelist", VIEWER),
    look("tenant_data_customer_change", VIEWER, "customer"),
    look("tenant_data_customer_history", OWNER, "customer"),
    look("tenant_data_customer_add", MANAGER),
    do("tenant_data_customer_add", MANAGER, name="New"),
    do("tenant_data_customer_change", MANAGER, "customer", name="Renamed"),
    look("tenant_data_customer_delete", MANAGER, "customer"),
    do("tenant_data_customer_delete", MANAGER, "customer", **DELETED),
    delete_selected("tenant_data_customer", MANAGER, "customer"),
    *in_files("tenant_data_customer"),
    # --- imports ------------------------------------------------------------------------------
    look("importing_import_changelist", MANAGER),
    look("importing_import_change", MANAGER, "imported"),
    look("importing_import_history", NO_ONE, "imported"),
    look("importing_import_add", NO_ONE),
    post("importing_import_add", NO_ONE, file_name="x"),
    post("importing_import_change", NO_ONE, "imported", file_name="x"),
    look("importing_import_delete", NO_ONE, "imported"),
    post("importing_import_delete", NO_ONE, "imported", post="yes"),
    # --- choices for fields -------------------------------------------------------------------
    look("autocomplete", VIEWER, app_label="tenant_data", model_name="task", field_name="project"),
    look("autocomplete", VIEWER, app_label="tenant_data", model_name="task", field_name="assignee"),
    look("autocomplete", VIEWER, app_label="tenant_data", model_name="project", field_name="lead"),
    look(
        "autocomplete", MANAGER, app_label="tenant_data", model_name="project", field_name="members"
    ),
    *PEOPLE,
]

#: Pages for people who have not signed in; each has tests of its own.
OPEN = {"favicon", "forgotten", "forgotten_sent", "jsi18n", "login", "logo", "logout", "welcome"}

_DELETED = {"delete_selected": MANAGER}
#: Of each list, what can be chosen for a selection of its rows, and from whom on.
ACTIONS = {
    "accounts_user": {"deactivate_selected": MANAGER, "reactivate_selected": MANAGER},
    "tenant_data_task": {
        "assign_selected": MEMBER,
        "close_selected": MEMBER,
        "move_selected": MEMBER,
        **_DELETED,
    },
    # Of those that are their own.
    "tenant_data_comment": {"delete_selected": MEMBER},
    "tenant_data_timeentry": {"delete_selected": MEMBER},
    "tenant_data_attachment": {"delete_selected": MEMBER},
    "tenant_data_milestone": _DELETED,
    "tenant_data_label": _DELETED,
    "tenant_data_customer": _DELETED,
}

#: The first one who sees each list that viewers do not.
LISTS = {
    "accounts_user": MANAGER,
    "auth_group": OWNER,
    "history_logentry": OWNER,
    "importing_import": MANAGER,
    "company_settings": OWNER,
    "company_dataexport": OWNER,
}
