"""Files as other programs write them: made up here, with their headings and their habits."""

from __future__ import annotations

import csv
import io


def as_csv(*rows: list[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


#: "All fields": a column for each label, fix version and comment; parents by id and by key.
JIRA_HEADINGS = [
    "Summary", "Issue key", "Issue id", "Issue Type", "Status", "Project key", "Project name",
    "Project type", "Priority", "Resolution", "Assignee", "Assignee Id", "Reporter", "Created",
    "Updated", "Due date", "Fix versions", "Fix versions", "Labels", "Labels", "Description",
    "Original estimate", "Sprint", "Sprint", "Custom field (Story Points)", "Comment", "Comment",
    "Parent", "Parent key", "Parent summary", "Status Category",
]  # fmt: skip


def jira_row(key: str, title: str, **cells: str) -> list[str]:
    """A row, with cells by heading in lower case with ``_`` for blanks."""
    project, _hyphen, number = key.partition("-")
    said = {
        "summary": title, "issue_key": key, "issue_id": f"10{number:0>3}", "issue_type": "Task",
        "project_key": project, "project_name": "Shop", "created": "14/Jul/25 3:42 PM",
        "status": "To Do", "priority": "Medium", "reporter": "Ada Alpha", **cells,
    }  # fmt: skip
    row = []
    for heading in JIRA_HEADINGS:
        name = heading.lower().replace(" ", "_")
        values = said.get(name, "").split("|")
        row.append(values[0])
        said[name] = "|".join(values[1:])
    return row


JIRA = as_csv(
    JIRA_HEADINGS,
    jira_row("SHOP-1", "Checkout revamp", issue_type="Epic", status="In Progress"),
    jira_row(
        "SHOP-2", "Pay by card", issue_type="Story", status="Selected for QA", priority="Highest",
        assignee="Bo Berg", due_date="12/Oct/26 12:00 AM", labels="payments|web",
        description="h2. Goal\n*Fast* payments", original_estimate="9000", parent="10001",
        parent_key="SHOP-1", status_category="In Progress", fix_versions="Beta|Next",
    ),
    jira_row(
        "SHOP-3", "Write tests", issue_type="Sub-task", status="Done", priority="Lowest",
        assignee="Somebody Gone", parent="10002", parent_key="SHOP-2", status_category="Done",
    ),
    jira_row("SHOP-4", "Of another project", parent="10900", parent_key="OPS-9"),
    jira_row("SHOP-5", "Of one not exported", parent="10901", parent_key="SHOP-99"),
)  # fmt: skip

#: The same relations in the older way: the parent's id alone.
JIRA_OLD = as_csv(
    ["Summary", "Issue key", "Issue id", "Parent id", "Issue Type", "Status", "Priority"],
    ["Whole", "OLD-1", "100", "", "Story", "Open", "Major"],
    ["Part", "OLD-2", "101", "100", "Sub-task", "Closed", "Minor"],
)

ASANA_HEADINGS = [
    "Task ID", "Created At", "Completed At", "Last Modified", "Name", "Section/Column", "Assignee",
    "Assignee Email", "Start Date", "Due Date", "Tags", "Notes", "Projects", "Parent task",
    "Blocked By (Dependencies)", "Blocking (Dependencies)", "Priority",
]  # fmt: skip
ASANA = as_csv(
    ASANA_HEADINGS,
    ["1201", "2026-09-01", "", "2026-09-02", "Launch the site", "Doing", "Bo Berg",
     "bo@alpha.example", "2026-09-20", "2026-10-15", "design,Q4", "Line one\nLine two", "New web",
     "", "", "1203", "High"],
    ["1202", "2026-09-01", "2026-09-03", "2026-09-03", "Draw the logo", "", "Carla Cruz", "", "",
     "", "", "", "", "Launch the site", "", "", ""],
    ["1203", "2026-09-02", "", "2026-09-02", "Tell the press", "Ideas for later", "", "", "", "",
     "", "", "Marketing, New web", "", "1201", "", "Medium"],
)  # fmt: skip

TRELLO_HEADINGS = [
    "Card ID", "Card Name", "Card URL", "Card Description", "Labels", "Members", "Due Date",
    "Attachment Count", "Attachment Links", "Checklist Item Total Count",
    "Checklist Item Completed Count", "Vote Count", "Comment Count", "Last Activity Date",
    "List ID", "List Name", "Board ID", "Board Name", "Archived", "Start Date", "Due Complete",
]  # fmt: skip
TRELLO = as_csv(
    TRELLO_HEADINGS,
    ["c1", "Order the tiles", "https://trello.example/c/1", "20 m², bath", "Buying (green), "
     "Urgent, really (red)", "bo berg, Carla Cruz", "2026-10-09T08:00:00.000Z", "0", "", "2", "1",
     "0", "0", "2026-09-01", "l1", "Doing", "b1", "Building site", "false", "", "false"],
    ["c2", "Call the painter", "https://trello.example/c/2", "", "(sky)", "", "", "0", "", "0",
     "0", "0", "0", "2026-09-01", "l2", "Waiting room", "b1", "Building site", "false", "", ""],
    ["c3", "Old card", "https://trello.example/c/3", "", "", "", "", "0", "", "0", "0", "0", "0",
     "2026-09-01", "l2", "Waiting room", "b1", "Building site", "true", "", ""],
    ["c4", "Ticked off", "https://trello.example/c/4", "", "", "", "2026-10-09T08:00:00.000Z", "0",
     "", "0", "0", "0", "0", "2026-09-01", "l1", "Doing", "b1", "Building site", "false", "",
     "true"],
)  # fmt: skip
