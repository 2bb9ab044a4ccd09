"""What an operator may expect, as every page says that asks before it does something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext

from tenants import stats
from tenants.admin.durations import about
from tenants.models import Client, OperationKind
from tenants.operations.versions import is_brought_in_parts


@dataclass(frozen=True, slots=True)
class Expectation:
    """A question that somebody would ask, and the answers to it."""

    question: str
    answers: list[Any]
    is_warning: bool = False


def of_operation(kind: OperationKind, client: Client) -> list[Expectation]:
    """What one operation does to one client."""
    match kind:
        case OperationKind.CREATE_SCHEMA:
            return _creating(client)
        case OperationKind.MIGRATE_SCHEMA:
            return _migrating(1, _one_migration(client), in_parts=is_brought_in_parts(client))
        case OperationKind.DROP_SCHEMA:
            return _dropping(1)
        case OperationKind.ADOPT_SCHEMA:
            return _adopting(1)


def of_many(kind: OperationKind, count: int, *, in_parts: bool = False) -> list[Expectation]:
    """What as many operations of one kind do; ``in_parts``: some migrations are steps of their
    own."""
    match kind:
        case OperationKind.CREATE_SCHEMA:
            return _creating_many(count)
        case OperationKind.MIGRATE_SCHEMA:
            what = _t("Each schema is brought up to date with this version of the console.")
            alone = _t("What a schema has already is left alone.")
            return _migrating(count, [what, alone], in_parts=in_parts)
        case OperationKind.DROP_SCHEMA:
            return _dropping(count)
        case OperationKind.ADOPT_SCHEMA:
            return _adopting(count)


def of_cancelling(count: int) -> list[Expectation]:
    """What it means to cancel operations that wait."""
    return [
        _happens(
            _t("What waits is closed as cancelled, and no more is done for it."),
            _t("A client whose schema was to be made is a draft again."),
        ),
        _goes_wrong(
            ngettext(
                "A worker may be quicker. If it has begun by then, it is not stopped.",
                "A worker may be quicker. Those that have begun by then are not stopped.",
                count,
            )
        ),
        _undone(_t("It can be asked for again at any time.")),
    ]


def _creating(client: Client) -> list[Expectation]:
    made = format_html(
        _t(
            "A schema <strong>{}</strong> is made in the database, with roles of its own. The "
            "name is final from then on."
        ),
        client.schema_name,
    )
    account = format_html(
        _t(
            "In it, the first account is made for <strong>{}</strong>, {}. It has no password: a "
            "sign-in link, shown to you on demand, lets them set one."
        ),
        client.admin_name,
        client.admin_email,
    )
    if domain := client.get_primary_domain():
        noticed = Expectation(
            _t("What people notice"),
            [
                format_html(
                    _t("From then on, <strong>{}</strong> leads to the client's pages."),
                    domain.domain,
                )
            ],
        )
    else:
        warning = _t("The client has no domain yet: nobody can reach its pages until it has one.")
        noticed = Expectation(_t("What people notice"), [warning], is_warning=True)
    return [
        _happens(made, account),
        _takes(OperationKind.CREATE_SCHEMA, 1),
        noticed,
        _goes_wrong(
            _t(
                "The name may be taken in the database, or the database may not answer. Nothing "
                "is left half made then; the page says why, and it can be tried again."
            )
        ),
        _undone(_undone_create()),
    ]


def _creating_many(count: int) -> list[Expectation]:
    return [
        _happens(
            _t("Each gets a schema of its own and, in it, the account of its first admin."),
            _t("The names of the schemas are final from then on."),
        ),
        _takes(OperationKind.CREATE_SCHEMA, count),
        Expectation(
            _t("What people notice"),
            [_t("Each client can be reached at its domain as soon as its own schema is made.")],
        ),
        _goes_wrong(_t("A client for whom it fails is left as it was. The others go on.")),
        _undone(_undone_create()),
    ]


def _undone_create() -> str:
    return _t(
        "While it waits, it can be cancelled. A schema that is made goes only when the client is "
        "archived and its schema is dropped."
    )


def _one_migration(client: Client) -> list[Any]:
    return [
        format_html(
            _t(
                "The schema <strong>{}</strong> is brought up to date with this version of the "
                "console. What it has already is left alone."
            ),
            client.schema_name,
        )
    ]


def _migrating(count: int, what: list[Any], *, in_parts: bool = False) -> list[Expectation]:
    left = _t("What had begun is undone then, and the data is as it was.")
    if in_parts:
        left = _t(
            "It is done in several steps: those that are done by then stay, and “Try again” goes "
            "on from there."
        )
    return [
        _happens(*what),
        _takes(OperationKind.MIGRATE_SCHEMA, count),
        Expectation(
            _t("What people notice"),
            [_t("The client's people may have to wait for a moment while a table is changed.")],
        ),
        _goes_wrong(
            _t("A change may not fit the client's data, or a table may be in use for too long."),
            left,
            *([_t("A client for whom it fails does not stop the others.")] if count > 1 else []),
        ),
        _undone(
            _t(
                "While it waits, it can be cancelled. A change that is made cannot be taken back "
                "from here."
            )
        ),
    ]


def _dropping(count: int) -> list[Expectation]:
    return [
        Expectation(
            _t("What happens"),
            [
                ngettext(
                    "The schema and everything in it are deleted for good: people, data, files "
                    "and the schema's roles.",
                    "The schemas and everything in them are deleted for good: people, data, "
                    "files and the schemas' roles.",
                    count,
                ),
                _t("The client's row and its history stay."),
            ],
            is_warning=True,
        ),
        _takes(OperationKind.DROP_SCHEMA, count),
        Expectation(
            _t("What people notice"),
            [_t("Nothing new: an archived client's pages are closed already.")],
        ),
        _goes_wrong(_t("If it fails, nothing is gone, and it can be tried again.")),
        _undone(
            _t("While it waits, it can be cancelled. After that only a backup brings it back.")
        ),
    ]


def _adopting(count: int) -> list[Expectation]:
    return [
        _happens(
            _t("A schema that is in the database becomes the client's, with all that is in it."),
            _t("Its roles get the rights that they should have."),
        ),
        _takes(OperationKind.ADOPT_SCHEMA, count),
        Expectation(
            _t("What people notice"),
            [_t("Whoever has an account in it can sign in at the client's domain.")],
        ),
        _goes_wrong(_t("If it fails, the schema and its rights are as they were.")),
        _undone(_t("Yes: archive the client.")),
    ]


def _happens(*answers: Any) -> Expectation:
    return Expectation(_t("What happens"), list(answers))


def _goes_wrong(*answers: Any) -> Expectation:
    return Expectation(_t("What can go wrong"), list(answers))


def _undone(*answers: Any) -> Expectation:
    return Expectation(_t("Can it be undone?"), list(answers))


def _takes(kind: OperationKind, count: int) -> Expectation:
    """By what the last ones took; a worker that has other work first is not foreseen."""
    usual = stats.usual_duration(kind)
    if usual is None:
        answer = _t("Not known yet: none was done here so far. Mostly it is a matter of seconds.")
    elif count == 1:
        answer = _t("About %(time)s once a worker has begun, going by the last ones.")
        answer %= {"time": about(usual)}
    else:
        answer = _t(
            "About %(all)s with one worker, %(each)s each, going by the last ones. Several "
            "workers share them."
        ) % {"all": about(usual * count), "each": about(usual)}
    return Expectation(_t("How long it takes"), [answer])
