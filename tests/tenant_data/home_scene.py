"""What the tests of a company's home page share: people and work of every kind, in alpha."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

from django.contrib.auth.models import Permission
from django.utils import timezone

from console.accounts.models import User
from tenant_data.models import Comment, Milestone, Project, Task, TaskStatus, TimeEntry

#: The rights to see everything that the page has, and no more.
EVERYTHING = ("view_task", "view_project", "view_milestone", "view_comment", "view_timeentry")


def person(name: str, *rights: str) -> User:
    """Somebody of the company with these rights; called in its schema."""
    user = User.objects.create_user(f"{name.lower()}@alpha.example", "pw", name=name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user


def add(project: Project, title: str, *, days: int | None = None, **fields: Any) -> Task:
    """A task that is due in so many days, or on none."""
    due_on = None if days is None else timezone.localdate() + timedelta(days=days)
    return Task.objects.create(project=project, title=title, due_on=due_on, **fields)


def work_of_alpha() -> dict[str, Any]:
    """Two projects; Bo has two tasks, one of them late, Cy has one and left, nobody has one."""
    bo, cy = person("Bo", *EVERYTHING), person("Cy")
    User.objects.filter(pk=cy.pk).update(is_active=False)
    web = Project.objects.create(key="WEB", name="Website", due_on=date(2100, 1, 1))
    ops = Project.objects.create(key="OPS", name="Operations")
    launch = Milestone.objects.create(
        project=web, name="Launch", due_on=timezone.localdate() + timedelta(days=3)
    )
    late = add(web, "Was due", days=-1, assignee=bo, estimate=Decimal("1.5"), milestone=launch)
    soon = add(web, "Is due", days=0, assignee=bo, estimate=3)
    add(ops, "Was left", days=-2, assignee=cy)
    add(ops, "Is nobody's", days=9)
    done = add(web, "Is done", assignee=bo, status=TaskStatus.DONE, milestone=launch, estimate=2)
    TimeEntry.objects.create(task=done, person=bo, minutes=90)
    Comment.objects.create(task=late, author=bo, text="It waits for the pictures.")
    return {"bo": bo, "cy": cy, "web": web, "ops": ops, "launch": launch, "soon": soon}


def main_of(page: Any) -> str:
    """The page without its frame."""
    return unescape(page.content.decode()).partition("<main")[2].partition("</main>")[0]
