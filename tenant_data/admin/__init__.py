"""The pages of a company's work. Importing this registers them."""

from tenant_data.admin import projects, tasks

__all__ = ["projects", "tasks"]
