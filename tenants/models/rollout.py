"""Rollouts: the same for many clients, a few at first and then the others in waves."""

from __future__ import annotations

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from tenants.models.operation import OperationKind, OperationState, Requested
from tenants.models.schema_version import SchemaVersion


class RolloutState(models.TextChoices):
    """Whether its operations may be begun; how they ended is for themselves to say."""

    RUNNING = "running", _("Under way")
    PAUSED = "paused", _("Paused")
    OVER = "over", _("Over")


class RolloutQuerySet(models.QuerySet["Rollout"]):
    def with_counts(self) -> RolloutQuerySet:
        """Adds the number of operations in each state as ``queued_count``, ``running_count``, …"""
        counts = {
            f"{state.value}_count": Count("operations", filter=Q(operations__state=state))
            for state in OperationState
        }
        return self.annotate(total=Count("operations"), **counts)


class Rollout(Requested):
    """Many operations of one kind that were started together.

    Those of the wave that it has come to, and of the waves before, may be begun. It goes on to
    the next one by itself when they are over, unless so many have failed that a person should
    look first.
    """

    kind = models.CharField(_("kind"), max_length=20, choices=OperationKind.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=RolloutState.choices, default=RolloutState.RUNNING
    )
    #: The wave that it has come to; 0 are the canaries.
    wave = models.PositiveSmallIntegerField(_("wave"), default=0)
    #: How many failures stop it; empty: any number does not.
    abort_after = models.PositiveIntegerField(_("stop after failures"), null=True)
    #: Failures that were there when somebody had it go on: they do not stop it again.
    forgiven = models.PositiveIntegerField(default=0)
    #: Whether it stops after the canaries, for a person to look at them.
    look_first = models.BooleanField(_("stop after the canaries"), default=False)
    #: The migrations that its schemas should have in the end; empty where it makes schemas.
    target = models.ForeignKey(SchemaVersion, models.PROTECT, null=True, related_name="+")
    paused_because = models.CharField(_("why it is paused"), max_length=200, blank=True)

    objects = RolloutQuerySet.as_manager()

    class Meta:
        verbose_name = _("rollout")
        verbose_name_plural = _("rollouts")
        ordering = ("-created_at", "-pk")
        default_permissions = ("view",)
        indexes = (
            # What the worker looks for every few seconds: a handful among thousands.
            models.Index(
                fields=("id",), condition=~Q(state="over"), name="tenants_rollout_not_over"
            ),
        )

    def __str__(self) -> str:
        return _("Rollout #%(n)s") % {"n": self.pk}

    @property
    def is_over(self) -> bool:
        return self.state == RolloutState.OVER
