"""Clients from files and in files: the row of each, and its domains with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, Model, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.importing.exceptions import CellError
from console.importing.table import Table
from tenants.models import Client, ClientStatus, Domain, Operation
from tenants.operations.domains import Hosts, arrange_domains
from tenants.operations.locking import hold_clients
from tenants.operations.plans import plan_hindrance
from tenants.resources.busy import busy
from tenants.resources.client_columns import ClientColumns
from tenants.resources.holding import hold_with_clients, kept_by_clients
from tenants.resources.hosts import hostname_error
from tenants.schemas.inspect import schemas_among
from tenants.validators import PUBLIC_SCHEMA, normalize_hostname, suggest_schema_name

ADMIN_IS_THERE = gettext_lazy(
    "%(client)s has its schema, and with it the first account. Leave its name and address as they "
    "are here; they are changed in the client's own pages."
)
WORK_IS_OPEN = gettext_lazy(
    "%(client)s has an operation that is not over. This cannot be changed until it is."
)

#: So many clients are named in a sentence.
_NAMED = 5


class ClientResource(ClientColumns):
    """A client by its schema name, or else by its external reference.

    Makes no schema and changes no status. The row that stands for the console itself is neither
    read nor written, and an archived client is not changed.
    """

    checked_elsewhere = frozenset({"plan"})

    class Meta(ClientColumns.Meta):
        pass

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        #: The client (its id) that has each host name of the file, and the line that asks for it.
        self._owners: dict[str, int] = {}
        self._asked: dict[str, int] = {}
        #: The clients that have the references of the file, and the line that gives each.
        self._referred: dict[str, Client] = {}
        self._given: dict[str, int] = {}
        #: The clients of the file that nobody else holds; ``None`` in a preview.
        self._held: dict[int, Client] | None = None
        #: The clients that have the names of the file, by name in lower case; and those of them
        #: (as people know them) whose name a new one has too.
        self._named: dict[str, Client] = {}
        self._namesakes: dict[str, str] = {}
        #: Keys that were made from a name.
        self._suggested: set[str] = set()
        #: Names of new clients that a schema of the database has.
        self._without_client: set[str] = set()

    # --- finding clients ----------------------------------------------------------------------

    def prepare(self, table: Table) -> None:
        hosts = {normalize_hostname(cell) for cell in table.column("domain")}
        if "other_domains" in table.headers:
            cells = table.column("other_domains")
            hosts |= {normalize_hostname(name) for cell in cells for name in cell.split(",")}
        self._owners = dict(
            Domain.objects.filter(domain__in=hosts).values_list("domain", "tenant_id")
        )
        names = {cell.strip().lower() for cell in table.column("name")}
        named = Client.objects.companies().alias(lowered=Lower("name")).filter(lowered__in=names)
        self._named = {client.name.lower(): client for client in named}
        if "external_reference" in table.headers:
            references = set(table.column("external_reference")) - {""}
            clients = Client.objects.companies().filter(external_reference__in=references)
            self._referred = {client.external_reference: client for client in clients}

    def read_key(self, row: dict[str, str]) -> str:
        schema = self.fields["schema_name"].clean(row) if row.get("schema_name") else ""
        if not schema and (client := self._referred.get(row.get("external_reference", ""))):
            schema = client.schema_name
        if not schema:
            schema = suggest_schema_name(row["name"])
            if not row["name"].strip():
                raise CellError(_("Neither a name nor a schema name is given."))
            if not schema:
                raise CellError(_("No schema name can be made from this name. Give one."))
            self._suggested.add(schema)
        if schema == PUBLIC_SCHEMA:
            raise CellError(_("“public” is the console itself; a file cannot change it."))
        return schema

    def find(self, keys: list[str], *, lock: bool) -> dict[str, Client]:
        clients = Client.objects.companies().filter(schema_name__in=keys)
        if lock:
            # Whether a client has its schema decides what may change.
            self._held = (self._held or {}) | hold_clients(clients.values_list("pk", flat=True))
        clients = with_host_names(clients.select_related("plan")).order_by("pk")
        is_worked_on = Exists(Operation.objects.open().filter(client=OuterRef("pk")))
        found = {}
        for client in clients.annotate(is_worked_on=is_worked_on):
            client.hosts_before = {client.domain_name, *client.other_names} - {""}
            found[client.schema_name] = client
        if unknown := set(keys).difference(found):
            self._without_client |= schemas_among(unknown)
        return found

    def start(self, key: str, row: dict[str, str]) -> Client:
        client = Client(schema_name=key)
        client.domain_name, client.other_names, client.hosts_before = "", [], set()
        return client

    def filter_export(self, queryset: QuerySet[Client], **kwargs: Any) -> QuerySet[Client]:
        clients = queryset.exclude(schema_name=PUBLIC_SCHEMA).select_related("plan")
        return with_host_names(clients).order_by("schema_name")

    # --- what a row may say -------------------------------------------------------------------

    def rules(self, instance: Client, *, new: bool) -> Iterator[tuple[str, CellError]]:
        yield from self._identity_errors(instance, new=new)
        yield from self._domain_errors(instance, new=new)
        had = None if self._is_changed("plan", new=new) else instance.plan
        if instance.plan and (refusal := plan_hindrance(instance.plan, had=had)):
            yield "plan", CellError(refusal.message, plan=instance.plan.code)
        if new:
            if instance.schema_name in self._without_client:
                message = _("The database has a schema “%(name)s” already. Choose another name.")
                yield "schema_name", CellError(message, name=instance.schema_name)
            if self.current_row.get("status", "") not in ("", ClientStatus.DRAFT):
                message = _("A new client is a draft until its schema is made. Leave this empty.")
                yield "status", CellError(message)
            return
        name = self.before("name")
        if self._held is not None and instance.pk not in self._held:
            yield "schema_name", busy(name)
        if instance.is_archived:
            message = _("%(client)s is archived, and a file does not change it. Restore it first.")
            yield "schema_name", CellError(message, client=name)
        for column in ("admin_name", "admin_email"):
            if self._is_changed(column, new=new):
                if instance.is_provisioned:
                    yield column, CellError(ADMIN_IS_THERE, client=name)
                elif instance.is_worked_on:
                    yield column, CellError(WORK_IS_OPEN, client=name)

    def _is_changed(self, column: str, *, new: bool) -> bool:
        return new or any(changed.column_name == column for changed, _old, _new in self._changed)

    def _identity_errors(self, client: Client, *, new: bool) -> Iterator[tuple[str, CellError]]:
        """Whether the row means the client that was found, and whether its reference is free."""
        if new and (other := self._named.get(client.name.lower())):
            self._namesakes[client.schema_name] = f"{other.name} ({other.schema_name})"
        name = "" if new else self.before("name")
        if not new and client.schema_name in self._suggested and name != client.name:
            message = _(
                "The schema name “%(schema)s”, made from this name, belongs to %(client)s. Give "
                "another one, or that one if you mean this client."
            )
            yield "schema_name", CellError(message, schema=client.schema_name, client=name)
        reference = client.external_reference
        if not reference or not self._is_changed("external_reference", new=new):
            return
        owner = self._referred.get(reference)
        if owner is not None and owner.pk != client.pk:
            message = _("%(client)s (%(schema)s) has the external reference “%(reference)s”.")
            yield (
                "external_reference",
                CellError(
                    message, client=owner.name, schema=owner.schema_name, reference=reference
                ),
            )
        line = self._given.setdefault(reference, self.current_line)
        if line != self.current_line:
            message = _("Line %(line)s gives the external reference “%(reference)s” too.")
            yield "external_reference", CellError(message, line=line, reference=reference)
        if not new and client.schema_name in self._suggested:
            message = _(
                "%(client)s is here under another external reference. Give the schema name "
                "“%(schema)s” if you mean this client, or another one."
            )
            yield "schema_name", CellError(message, client=name, schema=client.schema_name)

    def _domain_errors(self, client: Client, *, new: bool) -> Iterator[tuple[str, CellError]]:
        if not (self._is_changed("domain", new=new) or self._is_changed("other_domains", new=new)):
            return
        primary, others = client.domain_name, client.other_names
        if others and not primary:
            yield "other_domains", CellError(_("Give the primary domain first, in “domain”."))
        if "other_domains" in self.current_row and primary in others:
            message = _("“%(host)s” is the primary domain already; give it once.")
            yield "other_domains", CellError(message, host=primary)
        if right := self._missing_right(client, new=new):
            yield "domain", right
            return
        for column, hosts in (("domain", [primary]), ("other_domains", others)):
            for host in hosts:
                is_new = host and host not in client.hosts_before
                if is_new and (error := self._host_error(host, client)):
                    yield column, error

    def _missing_right(self, client: Client, *, new: bool) -> CellError | None:
        """Which right over domains the row needs and the user lacks."""
        before = client.hosts_before
        hosts = {client.domain_name, *client.other_names} - {""}
        old = "" if new else self.before("domain")
        if "other_domains" not in self.current_row:
            hosts |= before - {old}
            if client.domain_name in before:
                hosts |= before
        added, removed = len(hosts - before), len(before - hosts)
        if old in before - hosts and client.domain_name in hosts - before:
            added, removed = added - 1, removed - 1  # One takes the place of the other.
        if added and not self.may("add", Domain):
            return CellError(_("You may not add domains."))
        if removed and not self.may("delete", Domain):
            return CellError(_("You may not delete domains."))
        if not new and old != client.domain_name and not self.may("change", Domain):
            return CellError(_("You may not change domains."))
        return None

    def _host_error(self, host: str, client: Client) -> CellError | None:
        """Why the client cannot have a name that it has not got yet, or ``None``."""
        if error := hostname_error(host):
            return error
        if self._owners.get(host, client.pk) != client.pk:
            return CellError(_("Another client has the domain “%(host)s”."), host=host)
        line = self._asked.setdefault(host, self.current_line)
        if line != self.current_line:
            message = _("Line %(line)s asks for the domain “%(host)s” too.")
            return CellError(message, line=line, host=host)
        return None

    def finish(self, *, writes: bool) -> None:
        if n := len(self._namesakes):
            named = ", ".join(list(self._namesakes.values())[:_NAMED])
            text = ngettext(
                "%(n)d new client has the name of one that is here already: %(names)s.",
                "%(n)d new clients have names that are here already: %(names)s.",
                n,
            )
            self.notes.append(text % {"n": n, "names": f"{named}, …" if n > _NAMED else named})

    # --- writing ------------------------------------------------------------------------------

    def hold(self, model: type[Model], keys: list[int]) -> dict[int, Any]:
        return hold_with_clients(model, keys)

    def must_stay(self, model: type[Model], rows: Collection[Any]) -> set[int]:
        return kept_by_clients(model, rows)

    def insert(self, instances: list[Client]) -> None:
        super().insert(instances)
        arrange_domains({c: Hosts(c.domain_name, c.other_names) for c in instances})

    def update(self, instances: list[Client]) -> None:
        super().update(instances)
        names_others = any(c.column_name == "other_domains" for c in self._columns.columns)
        arrange_domains(
            {
                client: Hosts(client.domain_name, client.other_names if names_others else None)
                for client in instances
                if {"domain_name", "other_names"} & self._values_before[client.pk].keys()
            }
        )


def with_host_names(clients: QuerySet[Client]) -> QuerySet[Client]:
    """Adds ``domain_name``, the primary host name or an empty text, and ``other_names``."""
    domains = Domain.objects.filter(tenant=OuterRef("pk"))
    primary = domains.filter(is_primary=True).values("domain")[:1]
    others = domains.filter(is_primary=False).order_by("domain").values("domain")
    return clients.annotate(
        domain_name=Coalesce(Subquery(primary), Value("")), other_names=ArraySubquery(others)
    )
