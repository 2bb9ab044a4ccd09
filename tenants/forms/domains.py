"""Forms of domains: the rows on a client's page, and one by itself."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet

from console.others import LeavesOthersWork
from tenants.forms.turned_down import CanBeTurnedDown
from tenants.models import Client, Domain
from tenants.operations.hindrance import domain_hindrance
from tenants.validators import normalize_hostname

#: In what is posted: the rows are not those that the page has shown.
CHANGED = "domains-CHANGED"


def rows_as_they_are(posted: QueryDict, client: Client) -> QueryDict:
    """What was posted, with the rows of the domains that the client has now.

    The same where the page has shown these. Of rows that are still there, and of new ones, what was
    typed is kept.
    """
    start = "initial-" if posted.get("domains-INITIAL_FORMS") == "0" else "initial-domains-"
    if not any(name.startswith(start) for name in posted):
        return posted  # No page of ours, or one on which they cannot be changed.
    domains = list(client.domains.order_by(*ClientDomainFormSet.order))
    shown = _rows(posted)
    known = {row["id"]: row for row in shown if row.get("id")}
    if {str(domain.pk) for domain in domains} == set(known):
        return posted
    rows = [known.get(str(domain.pk)) or _row_of(domain) for domain in domains]
    new = [row for row in shown if not row.get("id") and row.get("domain")]
    fresh = posted.copy()
    for name in [name for name in fresh if name.startswith(("domains-", "initial-domains-"))]:
        del fresh[name]
    fresh["domains-INITIAL_FORMS"], fresh["domains-TOTAL_FORMS"] = len(rows), len(rows) + len(new)
    fresh["domains-MIN_NUM_FORMS"], fresh["domains-MAX_NUM_FORMS"] = 0, 1000
    for number, row in enumerate([*rows, *new]):
        for field, value in row.items():
            start = "initial-" if field.startswith("initial-") else ""
            fresh[f"{start}domains-{number}-{field.removeprefix('initial-')}"] = value
    fresh[CHANGED] = "1"
    return fresh


def _rows(posted: QueryDict) -> list[dict[str, str]]:
    """The rows of the domains that were posted, with what their page has shown."""
    rows: dict[int, dict[str, str]] = {}
    for name in posted:
        if found := _ROW.fullmatch(name):
            field = f"{found['initial'] or ''}{found['field']}"
            rows.setdefault(int(found["number"]), {})[field] = posted[name]
    return [rows[number] for number in sorted(rows)]


def _row_of(domain: Domain) -> dict[str, str]:
    row = {"id": str(domain.pk), "tenant": str(domain.tenant_id), "domain": domain.domain}
    row |= {"initial-domain": domain.domain, "initial-is_primary": str(domain.is_primary)}
    return row | ({"is_primary": "on"} if domain.is_primary else {})


_ROW = re.compile(r"(?P<initial>initial-)?domains-(?P<number>[0-9]{1,4})-(?P<field>[a-z_A-Z]+)")


class ClientDomainForm(LeavesOthersWork):
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

    #: The primary one stands first.
    order = ("-is_primary", "domain")

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance._state.adding:
            form.initial["is_primary"] = index == 0 and not self.initial_form_count()

    def clean(self) -> None:
        super().clean()
        if CHANGED in self.data:
            raise ValidationError(
                _(
                    "Somebody else changed the domains since you opened the page. They are shown "
                    "as they are now: look at them, and save again."
                ),
                code="changed_by_others",
            )
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


class DomainForm(LeavesOthersWork, CanBeTurnedDown):
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
