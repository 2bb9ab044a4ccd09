from tenant_data.models.attachment import Attachment
from tenant_data.models.colours import Colour
from tenant_data.models.comment import Comment
from tenant_data.models.customer import Customer
from tenant_data.models.label import Label
from tenant_data.models.milestone import Milestone
from tenant_data.models.project import Project, ProjectStatus
from tenant_data.models.task import Task, TaskPriority, TaskStatus
from tenant_data.models.time_entry import TimeEntry

__all__ = [
    "Attachment",
    "Colour",
    "Comment",
    "Customer",
    "Label",
    "Milestone",
    "Project",
    "ProjectStatus",
    "Task",
    "TaskPriority",
    "TaskStatus",
    "TimeEntry",
]
