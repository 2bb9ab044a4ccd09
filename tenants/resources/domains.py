"""Domains from files and in files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.importing.columns import Column
from console.importing.exceptions import CellError
from console.importing.resource import KeyedResource
from console.importing.table import Table
from console.importing.widgets import Known, YesNo
from tenants.models import Client, Domain
from tenants.operations.domains import demote_primary_domains
from tenants.operations.locking import hold_clients
from tenants.resources.busy import busy
from tenants.resources.holding import hold_with_clients, kept_by_clients
from tenants.resources.hosts import HostName, hostname_error
from tenants.validators import PUBLIC_SCHEMA, normalize_hostname


def clients_by_schema(names: Iterable[str]) -> dict[str, Client]:
    clients = Client.objects.companies().filter(schema_name__in=names)
    return {client.schema_name: client for client in clients}


class DomainResource(KeyedResource):
    """A domain by its name.

    A client has exactly one primary domain: the first one is it, and a row that marks another
    one takes the mark off the one that had it. The domains of the console itself are neither
    read nor written, and those of an archived client are not changed.
    """

    domain = Column(
        attribute="domain",
        widget=HostName(),
        meaning=gettext_lazy("The host name alone, without “https://”."),
        samples=("bakery.example.com", "shop.bakery.example"),
        required=True,
        key=True,
        aliases=("host", "host name", "hostname", "domain name"),
    )
    client = Column(
        attribute="tenant",
        column_name="client",
        widget=Known(
            clients_by_schema,
            key=lambda client: client.schema_name,
            unknown=gettext_lazy("There is no client with the schema name “%(value)s”."),
            rows=lambda: Client.objects.companies().order_by("schema_name"),
        ),
        meaning=gettext_lazy("The client's schema name. A domain stays with its client."),
        samples=("example_bakery", "example_bakery"),
        required=True,
        aliases=("schema name", "schema", "tenant"),
    )
    is_primary = Column(
        attribute="is_primary",
        widget=YesNo(),
        meaning=gettext_lazy(
            "yes: links to the client lead here; the one before gives its place up."
        ),
        samples=("yes", "no"),
        blank_keeps=True,
        aliases=("primary", "main"),
    )

    checked_elsewhere = frozenset({"domain", "tenant"})
    #: A domain is a client's, and elsewhere that is another one.
    may_be_foreign = False

    class Meta:
        model = Domain
        import_id_fields = ("domain",)
        fields = import_order = export_order = ("domain", "client", "is_primary")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        #: By client (its schema name): the primary domain that there is; those that the file
        #: marks, by line; and the first of the file of which nothing is said.
        self._primary: dict[str, str] = {}
        self._marked: dict[str, dict[int, str]] = {}
        self._unsaid: dict[str, str] = {}
        #: Clients whose primary domain has to give up its place, and domains that did.
        self._losing: dict[int, Client] = {}
        self._demoted: set[int] = set()
        #: The clients that the file speaks of and nobody else holds; ``None`` in a preview.
        self._held: dict[int, Client] | None = None

    def prepare(self, table: Table) -> None:
        """Find out which client gets which primary domain; the file's rows may be in any order."""
        schemas = {schema.lower() for schema in table.column("client")}
        if not self.dry_run:
            # Before anything of them is read: a client before its domains, as everybody does.
            named = Client.objects.companies().filter(schema_name__in=schemas)
            self._held = hold_clients(named.values_list("pk", flat=True))
        primary = Domain.objects.filter(is_primary=True, tenant__schema_name__in=schemas)
        self._primary = dict(primary.values_list("tenant__schema_name", "domain"))
        rows = table.columns("domain", "client", "is_primary")
        for number, (cell, client, flag) in enumerate(rows, 1):
            host, schema, line = normalize_hostname(cell), client.lower(), table.line(number)
            if YesNo.WORDS.get(flag.casefold()):
                self._marked.setdefault(schema, {})[line] = host
            elif not flag:
                self._unsaid.setdefault(schema, host)

    def read_key(self, row: dict[str, str]) -> str:
        return self.fields["domain"].clean(row)

    def find(self, keys: list[str], *, lock: bool) -> dict[str, Domain]:
        domains = Domain.objects.filter(domain__in=keys).select_related("tenant").order_by("pk")
        if lock and self._held is not None:
            ours = domains.filter(tenant__in=self._held).select_related(None)
            list(ours.select_for_update(no_key=True).values_list("pk", flat=True))
        found = {domain.domain: domain for domain in domains}
        for domain in found.values():
            # As before the import, whichever rows of the file were written by now.
            domain.is_primary = domain.is_primary or domain.pk in self._demoted
        return found

    def start(self, key: str, row: dict[str, str]) -> Domain:
        schema = row["client"].lower()
        # Where nothing is said, the first domain of a client is its primary one.
        has_one = schema in self._primary or schema in self._marked
        return Domain(domain=key, is_primary=not has_one and self._unsaid.get(schema) == key)

    def rules(self, instance: Domain, *, new: bool) -> Iterator[tuple[str, CellError]]:
        client = instance.tenant if instance.tenant_id else None
        owner = client if new else self.before("client")
        if owner is not None and owner.schema_name == PUBLIC_SCHEMA:
            yield "domain", CellError(_("This is the console's own; a file cannot change it."))
            return
        if new and (error := hostname_error(instance.domain)):
            yield "domain", error
        if client is None:
            return
        if owner is not None and owner.pk != client.pk:
            message = _("This domain belongs to %(client)s (%(schema)s), and stays there.")
            yield "client", CellError(message, client=owner.name, schema=owner.schema_name)
            return
        if self._held is not None and client.pk not in self._held:
            yield "client", busy(client.name)
        if client.is_archived:
            message = _("%(client)s is archived, and a file does not change it. Restore it first.")
            yield "client", CellError(message, client=client.name)
        if error := self._primary_error(instance):
            yield "is_primary", error
        elif instance.is_primary and self._primary.get(client.schema_name, "") != instance.domain:
            self._losing[client.pk] = client

    def _primary_error(self, domain: Domain) -> CellError | None:
        schema = domain.tenant.schema_name
        marked = self._marked.get(schema, {})
        if domain.is_primary:
            others = [line for line in marked if line != self.current_line]
            if others and self.current_line in marked:
                return CellError(_("Line %(line)s marks another one as primary."), line=others[0])
            return None
        has_one = self._primary[schema] != domain.domain if schema in self._primary else False
        if marked or has_one or (schema not in self._primary and schema in self._unsaid):
            return None
        message = _("%(client)s has no other primary domain: mark this one, or another.")
        return CellError(message, client=domain.tenant.name)

    def hold(self, model: type[Model], keys: list[int]) -> dict[int, Any]:
        return hold_with_clients(model, keys)

    def must_stay(self, model: type[Model], rows: Collection[Any]) -> set[int]:
        return kept_by_clients(model, rows)

    def insert(self, instances: list[Domain]) -> None:
        self._take_marks_off()
        super().insert(instances)

    def update(self, instances: list[Domain]) -> None:
        self._take_marks_off()
        for domain in instances:
            if domain.pk in self._demoted:
                self._values_before[domain.pk].pop("is_primary", None)  # In the history already.
        super().update(instances)

    def _take_marks_off(self) -> None:
        """Before any mark is given: the database allows one for each client at any moment."""
        self._demoted |= demote_primary_domains(self._losing.values())
        self._losing.clear()

    def filter_export(self, queryset: QuerySet[Domain], **kwargs: Any) -> QuerySet[Domain]:
        domains = queryset.exclude(tenant__schema_name=PUBLIC_SCHEMA)
        return domains.select_related("tenant").order_by("domain")
