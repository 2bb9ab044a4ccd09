from tenant_data.resources.projects import ProjectResource
from tenant_data.resources.tasks import TaskResource

__all__ = ["ProjectResource", "TaskResource"]
