from tenant_data.models.project import Project
from tenant_data.models.task import Task, TaskPriority, TaskStatus

__all__ = ["Project", "Task", "TaskPriority", "TaskStatus"]
