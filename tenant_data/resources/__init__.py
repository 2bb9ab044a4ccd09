from tenant_data.resources.comments import CommentResource
from tenant_data.resources.customers import CustomerResource
from tenant_data.resources.labels import LabelResource
from tenant_data.resources.milestones import MilestoneResource
from tenant_data.resources.projects import ProjectResource
from tenant_data.resources.tasks import TaskResource

__all__ = [
    "CommentResource",
    "CustomerResource",
    "LabelResource",
    "MilestoneResource",
    "ProjectResource",
    "TaskResource",
]
