"""What people say to each other."""

from __future__ import annotations

from tenant_data.models import Comment


def newest_comments(limit: int) -> list[Comment]:
    """The newest first, each with its author, its task and the task's project."""
    comments = Comment.objects.select_related("author", "task__project")
    return list(comments.order_by("-created_at", "-pk")[:limit])
