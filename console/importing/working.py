"""Checking and importing a file that a page does not wait for: what the worker does, in the schema
as its role."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name, schema_context

from console.accounts.models import User
from console.company.making import client_to_work_for
from console.importing import storage
from console.importing.admin import ImportExportMixin
from console.importing.checking import bring_in, check, in_words
from console.importing.exceptions import (
    Cancelled,
    DataChanged,
    ImportingError,
    NotAllowed,
    UndoNotAllowed,
)
from console.importing.keeping import OUR_SIDE, close, keeping_unless_unwanted, look_again
from console.importing.models import Import, ImportQuerySet, ImportState
from console.importing.progress import watching
from console.importing.provider import Provider, provider_still
from console.importing.undoing import give_up, take_back
from console.middleware import language_of
from console.sites import public_site, tenant_site
from tenants.models import Client
from tenants.operations.data import data_hindrance
from tenants.schemas.locks import schema_lock

logger = logging.getLogger(__name__)

#: How often the work is begun before somebody has to bring the file again.
MAX_ATTEMPTS = 3
#: Not said of the import itself: the database or the connection failed, the job runs again.
_PASSING = (OperationalError, InterfaceError)
_BEGINS = {
    ImportState.UPLOADED: ImportState.CHECKING,
    ImportState.WAITING: ImportState.RUNNING,
    ImportState.UNDOING: ImportState.UNDOING,
}


def work(schema: str, key: int) -> None:
    """Check the file that waits for it, or import the one that was confirmed; or go on with what
    an earlier worker left in the middle.

    Does nothing where the import is over or waits for a person, where the client has no schema any
    more, and while the client is closed: ``reopened`` takes it up again. Raises ``TryAgainLater``,
    ``SchemaBusy``, and what may pass; anything else closes the import as failed.
    """
    with at_hand(schema) as among:
        import_ = _begin(key, among)
        if import_ is None:
            return
        try:
            _do(import_)
        except _PASSING:
            raise
        except Cancelled:
            _end(import_, ImportState.CANCELLED)
        except (ImportingError, IntegrityError) as error:
            _end(import_, ImportState.FAILED, in_words(error))
        except FileNotFoundError:
            text = _("The file is not there any more. Choose it again.")
            _end(import_, ImportState.FAILED, text)
        except Exception:
            logger.exception("The import %s of %s failed.", key, schema)
            _end(import_, ImportState.FAILED, _(OUR_SIDE))


def _end(import_: Import, state: ImportState, error: str = "") -> None:
    """What was to be undone stays as it is; of anything else nothing came."""
    if import_.state == ImportState.UNDOING:
        give_up(import_, error)
    else:
        close(import_, state, error)


@contextmanager
def at_hand(schema: str) -> Iterator[ImportQuerySet]:
    """Be in the schema, alone with its imports and, for a client, with the schema itself, in the
    client's language and time zone; gives the imports that can be worked on now: while the client
    is suspended, those of its provider alone.

    Raises ``SchemaBusy``, and ``TryAgainLater`` where the schema is behind the code.
    """
    if schema == get_public_schema_name():
        with schema_lock(f"imports of {schema}"), schema_context(schema):
            yield Import.objects.all()
        return
    client = client_to_work_for(schema)
    among = Import.objects.all()
    if client is None:
        client = Client.objects.filter(schema_name=schema).first()
        if client is None or data_hindrance(client):
            yield Import.objects.none()
            return
        among = among.filter(by_provider=True)
    with in_schema_of(client):
        yield among


@contextmanager
def in_schema_of(client: Client) -> Iterator[None]:
    """Be in the client's schema, alone with it, in the client's language and time zone. Raises
    ``SchemaBusy``."""
    with (
        schema_lock(client.schema_name),
        schema_context(client.schema_name),
        translation.override(language_of(client)),
        timezone.override(client.time_zone),
    ):
        yield


def _begin(key: int, among: ImportQuerySet) -> Import | None:
    """Mark the import as worked on; ``None`` where there is nothing to do, or it was begun too
    often, or somebody does not want it any more."""
    with transaction.atomic():
        import_ = among.select_for_update(of=("self",)).filter(pk=key).first()
        if import_ is None or import_.state not in {*_BEGINS, *_BEGINS.values()}:
            return None
        if not import_.cancel_asked and import_.attempts < MAX_ATTEMPTS:
            import_.state = _BEGINS.get(ImportState(import_.state), ImportState(import_.state))
            import_.attempts += 1
            import_.started_at, import_.done, import_.rate = timezone.now(), 0, 0
            import_.save()
            return import_
    if import_.cancel_asked:
        _end(import_, ImportState.CANCELLED)
    else:
        text = _("It was interrupted several times in a row. Nothing was changed.")
        _end(import_, ImportState.FAILED, text)
    return None


def admin_of(model: str) -> ImportExportMixin:
    """The pages of what is imported, on the side of the connection. Raises ``NotAllowed`` where
    there are none, or not any more."""
    is_public = connection.schema_name == get_public_schema_name()
    site = public_site if is_public else tenant_site
    try:
        found = site._registry.get(apps.get_model(model))
    except (LookupError, ValueError) as exc:
        raise NotAllowed from exc
    if not isinstance(found, ImportExportMixin):
        raise NotAllowed
    return found


def _require_still(import_: Import, pages: ImportExportMixin) -> User | Provider:
    """Who brought the file, if they still may: the worker acts minutes after the button."""
    if import_.by_provider:
        provider = provider_still(import_)
        if provider is None or not pages.is_offered():
            raise NotAllowed
        return provider
    user = User.objects.filter(pk=import_.requested_by_id, is_active=True).first()
    if user is None or not pages.may_import(user):
        raise NotAllowed
    return user


def _do(import_: Import) -> None:
    pages = admin_of(import_.model)
    if import_.state == ImportState.UNDOING:
        _undo(import_, pages)
        return
    user = _require_still(import_, pages)
    make = pages.make_resource
    with watching(import_) as watch:
        if import_.state == ImportState.CHECKING:
            with keeping_unless_unwanted(import_):
                check(import_, make, user=user, watch=watch)
            return
        stored_as, faulty = import_.stored_as, import_.faulty
        try:
            with transaction.atomic():
                bring_in(import_, make, user=user, watch=watch)
        except DataChanged as changed:
            look_again(import_, changed, make=make, user=user, watch=watch)
            return
    storage.drop(stored_as, faulty)


def _undo(import_: Import, pages: ImportExportMixin) -> None:
    user = User.objects.filter(email=import_.undone_by_email, is_active=True).first()
    if user is None or not pages.may_undo(user, import_):
        raise UndoNotAllowed
    with watching(import_) as watch, transaction.atomic():
        take_back(import_, pages=pages, user=user, watch=watch)
