"""A company with people of each role, and rows of every model in what state a button is for."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.files.base import ContentFile
from django.utils import timezone

from console.accounts.models import User
from console.accounts.roles import TenantRole
from console.company.models import DataExport, ExportState, new_file_name
from console.history.record import record_event
from tenant_data import files
from tenant_data.models import Comment, Customer, Label, Milestone, Project, Task, TimeEntry
from tests.importing import an_import
from tests.role_lines import Scene
from tests.tenant_data.company_lines import COMPANY
from tests.tenant_data.work import upload


def make_people() -> dict[str, User]:
    """One for each of the cast; made in the company's schema."""
    people = {who: _user(f"{who}-here") for who in COMPANY.cast}
    for role in TenantRole:
        people[role.name.lower()].groups.set([role.value])
    return people


def make_scene(people: dict[str, User]) -> Scene:
    """Made in the company's schema."""
    return {**_work(people), **_people(people), **_company()}


def _work(people: dict[str, User]) -> Scene:
    """What is everybody's own, such as a comment, everybody has one of: also those who may write
    none, for they were allowed to once."""
    other = _user("somebody-else")
    web = Project.objects.create(key="WEB", name="Website", lead=other)
    task = Task.objects.create(project=web, title="Draw the page", assignee=other)
    (attachment,) = files.attach(task, [upload("plan.pdf")], acting_user=other)
    # Time stands in the way of a task's deletion; nothing else that hangs on it does.
    spare = Task.objects.create(project=web, title="Not this")
    Comment.objects.create(task=spare, author=other, text="No")
    files.attach(spare, [upload("sketch.pdf")], acting_user=other)
    comments = {
        who: Comment.objects.create(task=task, author=people[who], text="Mine") for who in people
    }
    times = {
        who: TimeEntry.objects.create(task=task, person=people[who], minutes=5) for who in people
    }
    attached = {
        who: files.attach(task, [upload("mine.pdf")], acting_user=people[who]) for who in people
    }
    return {
        "project": web.pk,
        "empty project": Project.objects.create(key="OPS", name="Operations").pk,
        "task": task.pk,
        "spare task": spare.pk,
        "milestone": Milestone.objects.create(project=web, name="Launch").pk,
        "label": Label.objects.create(name="Urgent").pk,
        "customer": Customer.objects.create(name="Baker").pk,
        "own attachment": {who: each.pk for who, [each] in attached.items()},
        "attachment": attachment.pk,
        "own comment": {who: comment.pk for who, comment in comments.items()},
        "comment": Comment.objects.create(task=task, author=other, text="Well said").pk,
        "own time": {who: entry.pk for who, entry in times.items()},
        "time": TimeEntry.objects.create(task=task, person=other, minutes=90).pk,
    }


def _people(people: dict[str, User]) -> Scene:
    group = Group.objects.create(name="Some")
    group.permissions.add(Permission.objects.get(codename="view_task"))
    owner = _user("another-owner")
    owner.groups.set([TenantRole.OWNER.value])
    gone = _user("gone", is_active=False)
    gone.groups.set([TenantRole.MEMBER.value])
    gone_owner = _user("gone-owner", is_active=False)
    gone_owner.groups.set([TenantRole.OWNER.value])
    user = _user("somebody")
    user.groups.set([TenantRole.MEMBER.value])
    return {
        "myself": {who: each.pk for who, each in people.items()},
        "user": user.pk,
        "other owner": owner.pk,
        "gone": gone.pk,
        "gone owner": gone_owner.pk,
        "superuser": User.objects.create_superuser("root@alpha.example", "pw").pk,
        "group": group.pk,
        "role": TenantRole.VIEWER.value,
        "right of managers": Permission.objects.get(codename="delete_task").pk,
        "right of owners": Permission.objects.get(codename="delete_user").pk,
        "entry": record_event(user, "user_deactivated").pk,
    }


def _company() -> Scene:
    export = DataExport(state=ExportState.DONE, finished_at=timezone.now())
    export.file.save(new_file_name(), ContentFile(b"all"), save=False)
    export.save()
    return {"data": export.pk, "imported": an_import("tenant_data.task").pk}


def _user(name: str, **fields: Any) -> User:
    email = f"{name}@alpha.example"
    return User.objects.create_user(email, "pw", name=name.title(), is_staff=True, **fields)
