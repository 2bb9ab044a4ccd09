"""A bound for what one request can send as files."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

#: So many files of one request are kept. Django's own bound answers with a bare page, and is far
#: above.
MOST_FILES = 100


class BoundedUpload(FileUploadHandler):
    """Lets go of files from the one on with which a request has sent more than it may.

    The rest of the form arrives, so that a page can say what is wrong: ``was_cut`` and
    ``files_sent`` know.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.received = 0
        self.files = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.files += 1
        self.request._files_sent = self.files

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        # Not before its first piece: what Django closes then is the file that the next handler has
        # begun, and would be the one before, which the form has already.
        if self.files > MOST_FILES:
            raise SkipFile
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_MAX_BYTES:
            self.request._upload_was_cut = True
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Whoever comes next has the file."""


def files_sent(request: Any) -> int:
    """How many files the request had, those that were let go among them."""
    return getattr(request, "_files_sent", 0)


def was_cut(request: Any) -> bool:
    """Whether files of this request were too much to be kept."""
    return getattr(request, "_upload_was_cut", False)
