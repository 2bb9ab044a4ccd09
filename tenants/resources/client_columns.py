"""The columns of a file of clients."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from console.importing.columns import Column, Info
from console.importing.measures import Day, Moment
from console.importing.resource import KeyedResource
from console.importing.widgets import Known, OneOf, Several, Text, YesNo
from tenants.models import Client, Plan, WeekStart
from tenants.models.client import language_choices
from tenants.resources.hosts import HostName
from tenants.validators import OTHER_DOMAINS_AT_MOST, TAGS_AT_MOST

NOTES_MAX_LENGTH = Client._meta.get_field("notes").max_length


def plans_by_code(codes: Iterable[str]) -> dict[str, Plan]:
    return {plan.code: plan for plan in Plan.objects.filter(code__in=codes)}


class ClientColumns(KeyedResource):
    name = Column(
        attribute="name",
        widget=Text(),
        meaning=_("The company's name."),
        samples=("Example Bakery", "Sample & Sons"),
        required=True,
        aliases=(
            "company",
            "company name",
            "client",
            "client name",
            "customer",
            "customer name",
            "organization",
            "organisation",
            "account name",
            "Firma",
            "Unternehmen",
            "Kunde",
        ),
    )
    schema_name = Column(
        attribute="schema_name",
        widget=Text(),
        meaning=_(
            "Finds the client; cannot be changed. Empty: the client with this external "
            "reference, or a new one whose schema name is made from the name."
        ),
        samples=("example_bakery", ""),
        key=True,
        aliases=("schema", "tenant", "tenant name"),
    )
    external_reference = Column(
        attribute="external_reference",
        widget=Text(),
        meaning=_("What the client is called elsewhere; no two clients have the same."),
        samples=("C-1001", "C-1002"),
        aliases=(
            "reference",
            "external id",
            "customer id",
            "customer number",
            "customer no",
            "client id",
            "account number",
            "Kundennummer",
        ),
    )
    domain = Column(
        attribute="domain_name",
        widget=HostName(),
        meaning=_("The primary host name of the client's pages, without “https://”."),
        samples=("bakery.example.com", "sample.example.com"),
        required=True,
        aliases=("host", "host name", "hostname", "primary domain", "domain name"),
    )
    other_domains = Column(
        attribute="other_names",
        widget=Several(HostName(), at_most=OTHER_DOMAINS_AT_MOST),
        meaning=_("All its other host names, with commas between. One that is left out goes."),
        samples=("shop.bakery.example, bakery.example", ""),
        aliases=("domains", "other hosts", "aliases", "alias domains", "secondary domains"),
    )
    redirect_to_primary = Column(
        attribute="redirect_to_primary",
        widget=YesNo(),
        meaning=_("yes: the other domains lead to the primary one."),
        samples=("yes", "no"),
        blank_keeps=True,
        aliases=("redirect", "redirects"),
    )
    plan = Column(
        attribute="plan",
        widget=Known(
            plans_by_code,
            key=lambda plan: plan.code,
            unknown=_("There is no plan with the code “%(value)s”."),
            rows=lambda: Plan.objects.order_by("code"),
        ),
        meaning=_("The code of a plan; a retired one only for a client that has it already."),
        samples=("team", "team"),
        required=True,
        aliases=("plan code", "subscription", "subscription plan", "Tarif"),
    )
    trial_ends_on = Column(
        attribute="trial_ends_on",
        widget=Day(),
        meaning=_("The last day of the trial, as 2026-11-22; empty: no trial."),
        samples=("", "2026-12-31"),
        aliases=("trial ends", "trial end", "trial end date", "trial until"),
    )
    tags = Column(
        attribute="tags",
        widget=Several(Text(lower=True), at_most=TAGS_AT_MOST),
        meaning=_("Words to find clients by, with commas between."),
        samples=("bakery, pilot", ""),
        aliases=("labels", "tag", "label"),
    )
    notes = Column(
        attribute="notes",
        widget=Text(max_length=NOTES_MAX_LENGTH),
        meaning=_("For staff; may go over several lines."),
        samples=("Pays by invoice.", ""),
        aliases=("note", "comments", "remarks", "Notizen", "Bemerkungen"),
    )
    contact_name = Column(
        attribute="contact_name",
        widget=Text(),
        meaning=_("Whom to ask for."),
        samples=("Bea Baker", ""),
        aliases=("contact", "contact person", "Ansprechpartner"),
    )
    contact_email = Column(
        attribute="contact_email",
        widget=Text(lower=True),
        meaning=_("The contact's e-mail address."),
        samples=("bea@bakery.example.com", ""),
        aliases=("contact e-mail", "email", "e-mail", "email address", "e-mail address"),
    )
    contact_phone = Column(
        attribute="contact_phone",
        widget=Text(),
        meaning=_("The contact's phone, as +49 30 1234567."),
        samples=("+49 30 1234567", ""),
        aliases=("phone", "phone number", "telephone", "Telefon", "Telefonnummer"),
    )
    admin_name = Column(
        attribute="admin_name",
        widget=Text(),
        meaning=_("Who gets the first account."),
        samples=("Ada Baker", "Sam Sample"),
        required=True,
        aliases=("admin", "administrator", "owner", "owner name", "first admin"),
    )
    admin_email = Column(
        attribute="admin_email",
        widget=Text(lower=True),
        meaning=_("The e-mail address of the first account; fixed once the schema is made."),
        samples=("ada@bakery.example.com", "sam@sample.example.com"),
        required=True,
        aliases=("admin e-mail", "administrator email", "owner email", "first admin email"),
    )
    time_zone = Column(
        attribute="time_zone",
        widget=Text(),
        meaning=_("A time zone by its name, as Europe/Berlin."),
        samples=("Europe/Berlin", ""),
        blank_keeps=True,
        aliases=("timezone", "Zeitzone"),
    )
    language = Column(
        attribute="language",
        widget=OneOf(language_choices),
        meaning=_("The language of the client's pages, by its code."),
        samples=("en", ""),
        blank_keeps=True,
        aliases=("locale", "Sprache"),
    )
    week_starts_on = Column(
        attribute="week_starts_on",
        widget=OneOf(WeekStart),
        meaning=_("Where weeks begin: language (as is usual in it), monday, sunday or saturday."),
        samples=("monday", ""),
        blank_keeps=True,
        aliases=("week start", "first day of week", "first day of the week"),
    )
    colour = Column(
        attribute="colour",
        widget=Text(lower=True),
        meaning=_("The main colour of the client's pages, as #2563eb."),
        samples=("#b45309", ""),
        blank_keeps=True,
        aliases=("color", "brand color", "brand colour", "Farbe"),
    )
    status = Info(
        attribute="status",
        widget=Text(),
        meaning=_("draft, provisioning, active, suspended or archived. A new client is a draft."),
        samples=("", ""),
        tells=True,
    )
    created_at = Info(
        attribute="created_at",
        widget=Moment(),
        meaning=_("When the client was added."),
        samples=("", ""),
    )
    last_active_at = Info(
        attribute="last_active_at",
        widget=Moment(),
        meaning=_("When somebody last used the client's pages."),
        samples=("", ""),
    )

    class Meta:
        model = Client
        import_id_fields = ("schema_name",)
        fields = import_order = export_order = (
            "name",
            "schema_name",
            "external_reference",
            "domain",
            "other_domains",
            "redirect_to_primary",
            "plan",
            "trial_ends_on",
            "tags",
            "notes",
            "contact_name",
            "contact_email",
            "contact_phone",
            "admin_name",
            "admin_email",
            "time_zone",
            "language",
            "week_starts_on",
            "colour",
            "status",
            "created_at",
            "last_active_at",
        )
