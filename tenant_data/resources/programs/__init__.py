"""The exports of other programs, as files of tasks."""

from tenant_data.resources.programs.asana import Asana
from tenant_data.resources.programs.jira import Jira
from tenant_data.resources.programs.trello import Trello

__all__ = ["Asana", "Jira", "Trello"]
