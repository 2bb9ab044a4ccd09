"""The history: what was changed, by whom, when, from what, to what; a table on each side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditlog.cid import get_cid
from auditlog.models import AbstractLogEntry
from auditlog.models import LogEntryManager as AuditlogManager
from django.db import models
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from console.history.acting import current_actor, current_happening
from console.history.names import name_of
from console.postgres.contexts import tenants_connection


def subject_of(obj: models.Model) -> str:
    """What the object's changes belong to, as ``app.model:pk``; itself unless it says otherwise."""
    owner = getattr(obj, "history_subject", None)
    if callable(owner):
        obj = owner()
    return f"{obj._meta.label_lower}:{obj.pk}"


def subject_key(subject: str) -> tuple[tuple[str, str], int] | None:
    """The app, model and key that a subject is made of; ``None`` for what is none."""
    label, _colon, key = subject.partition(":")
    app_label, _dot, name = label.partition(".")
    return ((app_label, name), int(key)) if name and key.isdecimal() else None


def named(objects: Iterable[models.Model]) -> list[str]:
    """Objects of a many-to-many field as the history keeps them: by name, for they may go."""
    return sorted(map(str, objects))


def kept(model: type[models.Model], changes: dict[str, Any] | None) -> dict[str, Any] | None:
    """The changes as they are written down: texts that the model's ``history_shortens`` names
    (each with a number of characters) only as far as that."""
    for name, length in getattr(model, "history_shortens", {}).items():
        if changes and name in changes:
            shorten = Truncator.chars
            changes[name] = [v and shorten(Truncator(v), length) for v in changes[name]]
    return changes


class LogEntryManager(AuditlogManager):
    def log_create(self, instance: models.Model, force_log: bool = False, **fields: Any) -> Any:
        """Called by django-auditlog's signals; adds what the object belongs to, and what the
        change means where ``save_as`` says so."""
        change = current_happening(instance)
        if change is not None:
            change.is_written = True
            fields |= {"event": change.event, "additional_data": change.details or None}
        if "changes" in fields:
            fields["changes"] = kept(type(instance), fields["changes"])
        return super().log_create(instance, force_log, subject=subject_of(instance), **fields)

    def log_m2m_changes(
        self,
        changed_queryset: Iterable[models.Model],
        instance: models.Model,
        operation: str,
        field_name: str,
        **fields: Any,
    ) -> LogEntry | None:
        """Called by django-auditlog's signals where objects are added to a field of many, or taken
        out of it. An exchange, which Django makes of both, is one entry."""
        if field_name not in {field.name for field in instance._meta.many_to_many}:
            # Said from the other end: of each group that is given a user, and not of the user.
            for owner in changed_queryset:
                self.log_m2m_changes([instance], owner, operation, field_name, **fields)
            return None
        names = sorted(name_of(obj) for obj in changed_queryset)
        if not names:
            return None
        change: dict[str, Any] = {"type": "m2m", "operation": operation, "objects": names}
        remembered = f"_history_taken_out_of_{field_name}"
        before: LogEntry | None = instance.__dict__.pop(remembered, None)
        if operation == "add" and before is not None:
            taken_out = before.changes[field_name]["objects"]
            before.changes = {
                field_name: {**change, "operation": "exchange", "taken_out": taken_out}
            }
            before.save(update_fields=["changes"])
            return before
        entry = self.log_create(
            instance, changes={field_name: change}, action=LogEntry.Action.UPDATE, **fields
        )
        if operation == "delete":
            instance.__dict__[remembered] = entry
        return entry

    def about(self, obj: models.Model) -> models.QuerySet[LogEntry]:
        """The object's own history and that of what belongs to it, the newest first."""
        return self.filter(subject=subject_of(obj))


class LogEntry(AbstractLogEntry):
    """One change of one object, as django-auditlog finds it out, or one event in its life.

    The actor's address is kept as text and outlives the account. A member of staff at work in a
    tenant's schema is in no table of users there, so only the address is written.
    """

    id = models.BigAutoField(primary_key=True)
    #: What the object belongs to, as ``app.model:pk``: a domain's changes are in the history of
    #: its client. A model says so by ``history_subject()``.
    subject = models.CharField(_("subject"), max_length=100, blank=True, editable=False)
    #: Names what happened where it is not a change of fields; see ``console.history.record``.
    event = models.CharField(_("event"), max_length=40, blank=True, editable=False)

    objects = LogEntryManager()

    class Meta(AbstractLogEntry.Meta):
        abstract = False
        verbose_name = _("history entry")
        verbose_name_plural = _("history entries")
        ordering = ("-timestamp", "-pk")
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=("subject", "-timestamp"), name="history_of_subject"),
            models.Index(fields=("content_type", "object_id"), name="history_of_object"),
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.sign()
        super().save(*args, **kwargs)

    def sign(self) -> None:
        """Put down who is at work, and what it is a part of. Called by ``save``; bulk inserts call
        it themselves."""
        self.cid = self.cid or get_cid()
        actor = current_actor()
        if actor is None or self.actor_email:
            return
        self.actor_email = actor.user.email
        if actor.schema == tenants_connection().schema_name:
            self.actor = actor.user
