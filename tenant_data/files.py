"""The files of tasks: what is taken in, under which name, and that none outlives its row."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tenants.utils import tenant_context

from console import limits
from console.names import misleads
from console.postgres.contexts import tenants_connection
from tenant_data.file_types import is_what_it_says, type_of
from tenant_data.models import Attachment, Task

logger = logging.getLogger(__name__)

#: How many files can be attached at once.
MOST_AT_ONCE = 10
#: The length of ``Attachment.name``.
LONGEST_NAME = 150
#: An extension that is longer is none: nothing is kept of it when a name is shortened.
_LONGEST_EXTENSION = 12
_ARCHIVE_FALLBACK = "file"


# --- Names ------------------------------------------------------------------------------------


def clean_name(name: str) -> str:
    """The name as the sender had it, without what could mislead: no folders, no control characters,
    none that change the direction of text, not too long. May be empty."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in name if not misleads(char))
    name = " ".join(name.split()).rstrip(".")
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > _LONGEST_EXTENSION:
        return name[:LONGEST_NAME]
    room = LONGEST_NAME - len(extension) - 1
    return f"{stem[:room].rstrip()}.{extension}"


# --- Taking in --------------------------------------------------------------------------------


def largest_file() -> int:
    """In bytes."""
    return int(settings.ATTACHMENT_MAX_MB) << 20


def largest_request() -> int:
    """What the files of one request can have together, in bytes."""
    return int(settings.UPLOAD_MAX_BYTES)


def check_files(uploads: list[UploadedFile]) -> None:
    """Raise ``ValidationError`` with one sentence for each file that cannot be attached.

    Sets each file's name to the one under which it will be kept.
    """
    if len(uploads) > MOST_AT_ONCE:
        raise too_many(len(uploads))
    errors = []
    for upload in uploads:
        shown = clean_name(upload.name or "")
        if problem := _problem(upload, shown):
            errors.append(_("%(file)s: %(problem)s") % {"file": shown or "?", "problem": problem})
        elif upload.name != shown:
            upload.name = shown
    if not errors and sum(upload.size or 0 for upload in uploads) > largest_request():
        message = _("Together these files are larger than %(size)s. Attach them one by one.")
        errors.append(message % {"size": filesizeformat(largest_request())})
    if errors:
        raise ValidationError(errors)


def too_many(number: int) -> ValidationError:
    message = _("These are %(n)d files. Choose %(most)d at the most.")
    return ValidationError(message % {"n": number, "most": MOST_AT_ONCE})


def _problem(upload: UploadedFile, name: str) -> str:
    """What is wrong with one file, in a sentence; empty where nothing is."""
    file_type = type_of(name)
    if file_type is None:
        return _("files of this kind cannot be attached. Put it into a zip archive.")
    if not upload.size:
        return _("the file is empty.")
    if upload.size > largest_file():
        return _("the file is larger than %(size)s.") % {"size": filesizeformat(largest_file())}
    if not is_what_it_says(upload, file_type):
        return _("the file is not what its name says, or it is damaged.")
    return ""


def attach(task: Task, uploads: Iterable[UploadedFile], *, acting_user: Any) -> list[Attachment]:
    """Attach files that ``check_files`` has let through: all of them, or none.

    Raises ``LimitReached`` where the plan has no room for them. Whatever is raised, no file is
    left in the storage.
    """
    uploads = list(uploads)
    attached: list[Attachment] = []
    try:
        with transaction.atomic():
            limits.check("storage", adding=sum(upload.size or 0 for upload in uploads))
            for upload in uploads:
                attachment = _row(task, upload, acting_user)
                attachment.save()
                attached.append(attachment)
    except BaseException:
        for attachment in attached:
            attachment.file.storage.delete(attachment.file.name)
        raise
    return attached


def _row(task: Task, upload: UploadedFile, acting_user: Any) -> Attachment:
    file_type = type_of(upload.name or "")
    if file_type is None:
        raise ValueError("The file was not checked.")
    return Attachment(
        task=task,
        file=upload,
        name=upload.name,
        content_type=file_type.content_type,
        size=upload.size,
        uploaded_by=acting_user,
    )


def attached_in_words(attached: list[Attachment]) -> str:
    if len(attached) == 1:
        return _("%(name)s was attached.") % {"name": attached[0].name}
    return ngettext("%(n)d file was attached.", "%(n)d files were attached.", len(attached)) % {
        "n": len(attached)
    }


# --- Letting go -------------------------------------------------------------------------------


def delete_with_row(sender: type[Attachment], instance: Attachment, **kwargs: Any) -> None:
    """Once the transaction is committed that deletes the row; called for every row, also of those
    that go with their task."""
    if instance.file.name:
        tenant = tenants_connection().tenant
        transaction.on_commit(partial(_delete_file, tenant, instance.file.name), robust=True)


def _delete_file(tenant: Any, name: str) -> None:
    """A commit may happen when the connection has left the tenant; the storage asks where it is."""
    with tenant_context(tenant):
        storage = Attachment._meta.get_field("file").storage
        try:
            storage.delete(name)
        except OSError as exc:
            logger.warning("A deleted attachment is still stored as %s: %s", name, exc)


# --- All of them ------------------------------------------------------------------------------


def all_files() -> Iterator[tuple[str, str]]:
    """Every file of the tenant: its name inside an archive, as ``WEB-12/name.pdf``, and its name
    in the storage. Some may be called the same."""
    attachments = Attachment.objects.order_by("task__project__key", "task__number", "pk")
    rows = attachments.values_list("task__project__key", "task__number", "name", "file")
    for key, number, name, stored_as in rows.iterator():
        yield f"{key}-{number}/{clean_name(name) or _ARCHIVE_FALLBACK}", stored_as
