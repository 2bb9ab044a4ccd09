"""Import and export of plans, and of clients with their domain, plan and first admin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.importing.columns import Amount, Column, Known, Text
from console.importing.exceptions import CellError
from console.importing.resource import KeyedResource
from console.importing.table import Table
from tenants.models import Client, Domain, Operation, Plan
from tenants.operations.domains import set_primary_domains
from tenants.validators import (
    PUBLIC_SCHEMA,
    normalize_hostname,
    suggest_schema_name,
    validate_hostname,
)

ADMIN_IS_THERE = gettext_lazy(
    "%(client)s has its schema, and with it the first account. Leave its name and address as they "
    "are here; they are changed in the client's own pages."
)
WORK_IS_OPEN = gettext_lazy(
    "%(client)s has an operation that is not over. This cannot be changed until it is."
)


class PlanResource(KeyedResource):
    """A plan by its code."""

    code = Column(
        attribute="code",
        widget=Text(lower=True),
        meaning=gettext_lazy("Names the plan in files, as in “team-yearly”."),
        samples=("team", "team-yearly"),
        required=True,
        key=True,
    )
    name = Column(
        attribute="name",
        widget=Text(),
        meaning=gettext_lazy("What people call the plan."),
        samples=("Team", "Team, paid by the year"),
        required=True,
    )
    description = Column(
        attribute="description",
        widget=Text(),
        meaning=gettext_lazy("One line about it."),
        samples=("Up to 25 people", ""),
    )
    price = Column(
        attribute="price",
        widget=Amount(),
        meaning=gettext_lazy("An amount with a decimal point. Empty: as it is, or 0.00."),
        samples=("49.00", "41.50"),
        blank_keeps=True,
    )
    currency = Column(
        attribute="currency",
        widget=Text(),
        meaning=gettext_lazy("Three capital letters. Empty: as it is, or EUR."),
        samples=("EUR", "EUR"),
        blank_keeps=True,
    )

    class Meta:
        model = Plan
        import_id_fields = ("code",)
        fields = import_order = export_order = (
            "code",
            "name",
            "description",
            "price",
            "currency",
        )

    def read_key(self, row: dict[str, str]) -> str:
        return self.fields["code"].clean(row)

    def find(self, keys: list[str], *, lock: bool) -> dict[str, Plan]:
        plans = Plan.objects.filter(code__in=keys).order_by("pk")
        if lock:
            plans = plans.select_for_update()
        return {plan.code: plan for plan in plans}

    def start(self, key: str, row: dict[str, str]) -> Plan:
        return Plan(code=key)

    def filter_export(self, queryset: QuerySet[Plan], **kwargs: Any) -> QuerySet[Plan]:
        return queryset.order_by("code")


class HostName(Text):
    """A host name in the spelling that is stored."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        host = normalize_hostname(super().clean(value))
        if host:
            try:
                validate_hostname(host)
            except ValidationError as error:
                raise CellError(str(error.messages[0])) from error
        return host


def plans_by_code(codes: set[str]) -> dict[str, Plan]:
    return {plan.code: plan for plan in Plan.objects.filter(code__in=codes)}


class ClientResource(KeyedResource):
    """A client by its schema name, with its primary domain in the same row.

    Makes no schema. The row that stands for the console itself is neither read nor written.
    """

    name = Column(
        attribute="name",
        widget=Text(),
        meaning=gettext_lazy("The company's name."),
        samples=("Example Bakery", "Sample & Sons"),
        required=True,
    )
    schema_name = Column(
        attribute="schema_name",
        widget=Text(),
        meaning=gettext_lazy(
            "Finds the client; cannot be changed. Empty for a new client: made from the name."
        ),
        samples=("example_bakery", ""),
        key=True,
    )
    domain = Column(
        attribute="domain_name",
        widget=HostName(),
        meaning=gettext_lazy("The host name of the client's pages, without “https://”."),
        samples=("bakery.example.com", "sample.example.com"),
        required=True,
    )
    plan = Column(
        attribute="plan",
        widget=Known(
            plans_by_code,
            key=lambda plan: plan.code,
            unknown=gettext_lazy("There is no plan with the code “%(value)s”."),
        ),
        meaning=gettext_lazy("The code of a plan."),
        samples=("team", "team"),
        required=True,
    )
    admin_name = Column(
        attribute="admin_name",
        widget=Text(),
        meaning=gettext_lazy("Who gets the first account."),
        samples=("Ada Baker", "Sam Sample"),
        required=True,
    )
    admin_email = Column(
        attribute="admin_email",
        widget=Text(lower=True),
        meaning=gettext_lazy(
            "The e-mail address of the first account; fixed once the schema is made."
        ),
        samples=("ada@bakery.example.com", "sam@sample.example.com"),
        required=True,
    )
    colour = Column(
        attribute="colour",
        widget=Text(lower=True),
        meaning=gettext_lazy("The main colour, such as #2563eb. Empty: as it is, or blue."),
        samples=("#b45309", ""),
        blank_keeps=True,
    )

    checked_elsewhere = frozenset({"plan"})

    class Meta:
        model = Client
        import_id_fields = ("schema_name",)
        fields = import_order = export_order = (
            "name",
            "schema_name",
            "domain",
            "plan",
            "admin_name",
            "admin_email",
            "colour",
        )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        #: The client (its id) that has each host name of the file, and the line that asks for it.
        self._owners: dict[str, int] = {}
        self._asked: dict[str, int] = {}
        self._suggested: set[str] = set()

    def read_key(self, row: dict[str, str]) -> str:
        schema = self.fields["schema_name"].clean(row) if row.get("schema_name") else ""
        if not schema:
            schema = suggest_schema_name(row["name"])
            if not schema:
                raise CellError(_("No schema name can be made from this name. Give one."))
            self._suggested.add(schema)
        if schema == PUBLIC_SCHEMA:
            raise CellError(_("“public” is the console itself; a file cannot change it."))
        return schema

    def prepare(self, table: Table) -> None:
        hosts = {normalize_hostname(cell) for cell in table["domain"]}
        domains = Domain.objects.filter(domain__in=hosts)
        self._owners = dict(domains.values_list("domain", "tenant_id"))

    def find(self, keys: list[str], *, lock: bool) -> dict[str, Client]:
        clients = Client.objects.companies().filter(schema_name__in=keys)
        clients = clients.select_related("plan").order_by("pk")
        if lock:
            # Whether a client has its schema decides what may change.
            clients = clients.select_for_update(of=("self",))
        found = {}
        is_worked_on = Exists(Operation.objects.open().filter(client=OuterRef("pk")))
        clients = clients.annotate(domain_name=primary_domain(), is_worked_on=is_worked_on)
        for client in clients:
            client.domain_before = client.domain_name
            found[client.schema_name] = client
        return found

    def start(self, key: str, row: dict[str, str]) -> Client:
        client = Client(schema_name=key)
        client.domain_name = ""
        return client

    def rules(self, instance: Client, *, new: bool) -> Iterator[tuple[str, CellError]]:
        if error := self._domain_error(instance, new=new):
            yield "domain", error
        if new:
            return
        for column in ("admin_name", "admin_email"):
            if self.before(column) != getattr(instance, column):
                if instance.is_provisioned:
                    yield column, CellError(ADMIN_IS_THERE, client=self.before("name"))
                elif instance.is_worked_on:
                    yield column, CellError(WORK_IS_OPEN, client=self.before("name"))
        name = self.before("name")
        if instance.schema_name in self._suggested and name != instance.name:
            message = _(
                "The schema name “%(schema)s”, made from this name, belongs to %(client)s. Give "
                "another one, or that one if you mean this client."
            )
            yield "schema_name", CellError(message, schema=instance.schema_name, client=name)

    def _domain_error(self, client: Client, *, new: bool) -> CellError | None:
        host = client.domain_name
        if not host or (not new and host == self.before("domain")):
            return None
        if not self.may("add" if new else "change", Domain):
            return CellError(_("You may not add or change domains."))
        if self._owners.get(host, client.pk) != client.pk:
            return CellError(_("Another client has the domain “%(host)s”."), host=host)
        line = self._asked.setdefault(host, self.current_line)
        if line != self.current_line:
            message = _("Line %(line)s asks for the domain “%(host)s” too.")
            return CellError(message, line=line, host=host)
        return None

    def insert(self, instances: list[Client]) -> None:
        super().insert(instances)
        Domain.objects.bulk_create(
            Domain(tenant=client, domain=client.domain_name, is_primary=True)
            for client in instances
        )

    def update(self, instances: list[Client]) -> None:
        super().update(instances)
        set_primary_domains(
            {c.pk: c.domain_name for c in instances if c.domain_name != c.domain_before}
        )

    def filter_export(self, queryset: QuerySet[Client], **kwargs: Any) -> QuerySet[Client]:
        clients = queryset.exclude(schema_name=PUBLIC_SCHEMA).select_related("plan")
        return clients.annotate(domain_name=primary_domain()).order_by("schema_name")


def primary_domain() -> Coalesce:
    """An expression for a client's primary host name; empty where it has none."""
    primary = Domain.objects.filter(tenant=OuterRef("pk"), is_primary=True)
    return Coalesce(Subquery(primary.values("domain")[:1]), Value(""))
