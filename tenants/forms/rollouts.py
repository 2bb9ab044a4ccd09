"""How a rollout goes: the questions of the page that asks, and of nothing else."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from tenants.operations.rollout import Waves

#: From so many clients on it is proposed to begin with a few.
MANY = 5
MOST = 32_000


def _number(label: Any, help_text: Any, *, at_least: int = 1) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=at_least,
        max_value=MOST,
        widget=UnfoldAdminIntegerFieldWidget({"min": at_least, "inputmode": "numeric"}),
    )


class WavesForm(forms.Form):
    """In what order, and what stops it; left empty, all have their turn at once."""

    canaries = _number(
        _("First, so many by chance"),
        _("A few whose schemas are migrated before all others. Empty or 0: none."),
        at_least=0,
    )
    first = forms.CharField(
        label=_("Or these first"),
        help_text=_("Schema names with commas between them."),
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "spellcheck": "false"}),
    )
    look_first = forms.BooleanField(
        label=_("Stop after the first ones, until somebody has looked"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )
    size = _number(
        _("Then in waves of"), _("How many together. Empty: all the others in one wave.")
    )
    abort_after = _number(
        _("Stop after so many failures"),
        _("It can go on when somebody has looked. Empty: it goes on whatever fails."),
    )

    def __init__(self, *args: Any, names: dict[str, int], **kwargs: Any) -> None:
        """``names``: the keys of the clients that take part, by schema name."""
        self._names = names
        super().__init__(*args, **kwargs)

    @classmethod
    def proposed(cls, names: dict[str, int]) -> WavesForm:
        """As the page shows it at first."""
        count = len(names)
        initial: dict[str, Any] = {}
        if count >= MANY:
            initial = {"canaries": max(1, min(count // 20, 5)), "abort_after": 3}
            initial["look_first"] = True
        return cls(names=names, initial=initial)

    def clean_first(self) -> list[int]:
        names = [name.strip().lower() for name in self.cleaned_data["first"].split(",")]
        names = [name for name in names if name]
        if unknown := [name for name in names if name not in self._names]:
            raise forms.ValidationError(
                _("Not among the clients of this rollout: %(names)s."),
                code="unknown",
                params={"names": ", ".join(unknown[:5])},
            )
        return [self._names[name] for name in names]

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if answers.get("canaries") and answers.get("first"):
            self.add_error("first", _("Give a number, or names, not both."))
        has_first = answers.get("canaries") or answers.get("first")
        if answers.get("look_first") and not has_first and not self.errors:
            self.add_error("look_first", _("Say which are the first ones."))
        return answers

    def waves(self) -> Waves:
        """What was answered; the form is valid."""
        answers = self.cleaned_data
        return Waves(
            canaries=answers["first"] or answers["canaries"] or 0,
            size=answers["size"],
            abort_after=answers["abort_after"],
            look_first=answers["look_first"],
        )
