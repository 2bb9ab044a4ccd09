from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from console.names import one_name, validate_name
from tenant_data.models.colours import Colour, ColourField


class LabelQuerySet(models.QuerySet["Label"]):
    def get_by_natural_key(self, name: str) -> Label:
        return self.get(name=name)


class Label(models.Model):
    """A word that tasks of any project can carry."""

    name = models.CharField(
        _("name"),
        max_length=40,
        # In files, commas stand between the labels of a task.
        validators=[
            RegexValidator(r"\A[^,]*\Z", _("A label has no comma in its name.")),
            validate_name,
        ],
    )
    colour = ColourField(default=Colour.GREY)

    objects = LabelQuerySet.as_manager()

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering = ("name",)
        default_permissions = ("add", "change", "delete", "view", "import", "export")
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="tenant_data_label_name",
                violation_error_message=_("There is a label of this name already."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.name,)

    def clean(self) -> None:
        self.name = one_name(self.name)
