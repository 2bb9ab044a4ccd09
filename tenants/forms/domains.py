"""Forms of domains: the rows on a client's page, and one by itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet

from tenants.forms.turned_down import CanBeTurnedDown
from tenants.models import Domain
from tenants.operations.hindrance import domain_hindrance
from tenants.validators import normalize_hostname


class ClientDomainForm(forms.ModelForm):
    """A row of a client's domains. Which of them is the primary one is the formset's concern."""

    class Meta:
        model = Domain
        fields = ("domain", "is_primary")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # The column's heading names it to those who see it, and to nobody else.
            field.widget.attrs["aria-label"] = field.label
        if "domain" in self.fields:
            # A row that is left empty is no domain, so there is nothing to ask for with a star.
            self.fields["domain"].required = False

    def has_changed(self) -> bool:
        """Whether there is something to save: a new row needs a name for that."""
        changed: bool = super().has_changed()
        if changed and self.instance._state.adding and "domain" in self.fields:
            return "domain" in self.changed_data
        return changed

    def clean_domain(self) -> str:
        domain: str = self.cleaned_data["domain"]
        if not domain:
            raise ValidationError(
                _("A domain needs its name. To take it away, tick it off for deletion."),
                code="required",
            )
        # In the spelling that is stored, so that two rows of one host are seen to be the same.
        return normalize_hostname(domain)

    def _get_validation_exclusions(self) -> set[str]:
        # The constraint “one primary domain” looks at the database, where the row that gives
        # the place up in this same submission still holds it.
        return {*super()._get_validation_exclusions(), "is_primary"}


class ClientDomainFormSet(PaginationInlineFormSet):
    """All domains of one client: exactly one primary, if there are any."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance._state.adding:
            form.initial["is_primary"] = index == 0 and not self.initial_form_count()

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        kept = [form for form in self.forms if self._is_kept(form)]
        primary = [form for form in kept if form.cleaned_data.get("is_primary")]
        if self.instance.is_archived:
            return  # Its domains can only be given up; one of them is chosen when it is back.
        if kept and not primary:
            raise ValidationError(
                _("Mark one of the domains as the primary one: links lead there."),
                code="no_primary",
            )
        if len(primary) > 1:
            raise ValidationError(
                _("Only one domain can be the primary one. These are marked: %(domains)s."),
                code="several_primary",
                params={"domains": ", ".join(form.cleaned_data["domain"] for form in primary)},
            )
        others = [form.instance for form in kept]
        for form in self.initial_forms:
            if form not in kept and (refusal := domain_hindrance(form.instance, others=others)):
                raise ValidationError(str(refusal), code="no_domain")

    def _is_kept(self, form: forms.ModelForm) -> bool:
        if self.can_delete and self._should_delete_form(form):
            return False
        return bool(form.cleaned_data.get("domain"))


class DomainForm(CanBeTurnedDown):
    """One domain by itself."""

    class Meta:
        model = Domain
        fields = ("domain", "tenant", "is_primary")

    def _get_validation_exclusions(self) -> set[str]:
        # `clean` says the same as the constraint, and says whose place it is.
        return {*super()._get_validation_exclusions(), "is_primary"}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        client = data.get("tenant") or (self.instance.tenant if self.instance.pk else None)
        if client is None:
            return data
        other = client.domains.filter(is_primary=True).exclude(pk=self.instance.pk).first()
        if data.get("is_primary") and other is not None:
            self.add_error(
                "is_primary",
                ValidationError(
                    _(
                        "%(client)s has a primary domain, %(domain)s. Move the mark on the "
                        "client's own page."
                    ),
                    code="several_primary",
                    params={"client": client, "domain": other},
                ),
            )
        if not data.get("is_primary") and other is None:
            self.add_error(
                "is_primary",
                ValidationError(
                    _("%(client)s has no other primary domain, so this one has to be it."),
                    code="no_primary",
                    params={"client": client},
                ),
            )
        return data
