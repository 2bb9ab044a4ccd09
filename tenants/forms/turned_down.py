"""A form that cannot be saved at the moment, whatever is typed into it."""

from __future__ import annotations

from typing import Any, Self

from django import forms


class CanBeTurnedDown(forms.ModelForm):
    #: Why nothing can be saved; ``None`` where the form is judged by what is in it.
    hindrance: Exception | None = None

    @classmethod
    def turned_down(cls, hindrance: Exception | None) -> type[Self]:
        """This form, not valid for that reason if there is one."""
        return type(cls)(cls.__name__, (cls,), {"hindrance": hindrance}) if hindrance else cls

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.hindrance:
            self.add_error(None, str(self.hindrance))
        return data
