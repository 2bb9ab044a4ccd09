"""The pages of a company's work. Importing this registers them."""

from tenant_data.admin import customers, labels, milestones, projects, tasks

__all__ = ["customers", "labels", "milestones", "projects", "tasks"]
