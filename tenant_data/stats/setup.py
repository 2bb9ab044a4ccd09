"""What a company has already, for those who have just arrived."""

from __future__ import annotations

from console.accounts.models import User
from tenant_data.models import Customer, Project, Task


def how_many_tasks(up_to: int) -> int:
    """The number of tasks, or ``up_to`` where there are more: nobody counts them all for this."""
    return Task.objects.order_by()[:up_to].count()


def has_projects() -> bool:
    return Project.objects.exists()


def has_customers() -> bool:
    return Customer.objects.exists()


def has_other_users(user: User) -> bool:
    return User.objects.exclude(pk=user.pk).exists()
