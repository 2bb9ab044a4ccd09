"""Which files can be attached to a task, and how they are told from what only has their name.

A type is known by its extension. What a browser is told when it fetches the file is the content
type that stands here, never what the sender said. Nothing here runs in a browser: no HTML, no SVG.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

#: What a file begins with is looked at; a tar archive says what it is behind byte 257.
HEAD = 1024
_CHUNK = 256 * 1024

#: Looks at the first bytes of a file.
Signature = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class FileType:
    content_type: str
    #: ``None`` for text, which has none: it must not be anything else.
    signature: Signature | None


def _begins(*starts: bytes) -> Signature:
    return lambda head: head.startswith(starts)


def _riff(kind: bytes) -> Signature:
    return lambda head: head.startswith(b"RIFF") and head[8:12] == kind


def _pdf(head: bytes) -> bool:
    # Some programs write a few bytes of their own first; readers allow it.
    return b"%PDF-" in head


def _tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _media(head: bytes) -> bool:
    """The boxes of MP4 and QuickTime, and of the pictures that telephones take."""
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


def _mp3(head: bytes) -> bool:
    return head.startswith(b"ID3") or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")


_ZIP = _begins(b"PK\x03\x04", b"PK\x05\x06")
_OLE = _begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_OGG = _begins(b"OggS")
_MATROSKA = _begins(b"\x1a\x45\xdf\xa3")
_JPEG = _begins(b"\xff\xd8\xff")
_TIFF = _begins(b"II*\x00", b"MM\x00*")
_GZIP = _begins(b"\x1f\x8b")
_OFFICE = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"

#: By extension, in small letters. Office files with macros are left out on purpose.
TYPES: dict[str, FileType] = {
    # Documents, spreadsheets, presentations
    "pdf": FileType("application/pdf", _pdf),
    "doc": FileType("application/msword", _OLE),
    "docx": FileType(f"{_OFFICE}.wordprocessingml.document", _ZIP),
    "xls": FileType("application/vnd.ms-excel", _OLE),
    "xlsx": FileType(f"{_OFFICE}.spreadsheetml.sheet", _ZIP),
    "ppt": FileType("application/vnd.ms-powerpoint", _OLE),
    "pptx": FileType(f"{_OFFICE}.presentationml.presentation", _ZIP),
    "odt": FileType(f"{_ODF}.text", _ZIP),
    "ods": FileType(f"{_ODF}.spreadsheet", _ZIP),
    "odp": FileType(f"{_ODF}.presentation", _ZIP),
    "rtf": FileType("application/rtf", _begins(b"{\\rtf")),
    "msg": FileType("application/vnd.ms-outlook", _OLE),
    # Pictures
    "png": FileType("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "jpg": FileType("image/jpeg", _JPEG),
    "jpeg": FileType("image/jpeg", _JPEG),
    "gif": FileType("image/gif", _begins(b"GIF87a", b"GIF89a")),
    "webp": FileType("image/webp", _riff(b"WEBP")),
    "bmp": FileType("image/bmp", _begins(b"BM")),
    "tif": FileType("image/tiff", _TIFF),
    "tiff": FileType("image/tiff", _TIFF),
    "heic": FileType("image/heic", _media),
    "avif": FileType("image/avif", _media),
    # Text
    "txt": FileType("text/plain", None),
    "log": FileType("text/plain", None),
    "md": FileType("text/markdown", None),
    "csv": FileType("text/csv", None),
    "tsv": FileType("text/tab-separated-values", None),
    "json": FileType("application/json", None),
    "ics": FileType("text/calendar", None),
    "vcf": FileType("text/vcard", None),
    "eml": FileType("message/rfc822", None),
    # Archives
    "zip": FileType("application/zip", _ZIP),
    "7z": FileType("application/x-7z-compressed", _begins(b"7z\xbc\xaf\x27\x1c")),
    "rar": FileType("application/vnd.rar", _begins(b"Rar!\x1a\x07")),
    "tar": FileType("application/x-tar", _tar),
    "gz": FileType("application/gzip", _GZIP),
    "tgz": FileType("application/gzip", _GZIP),
    # Sound and film
    "mp3": FileType("audio/mpeg", _mp3),
    "m4a": FileType("audio/mp4", _media),
    "wav": FileType("audio/wav", _riff(b"WAVE")),
    "ogg": FileType("audio/ogg", _OGG),
    "flac": FileType("audio/flac", _begins(b"fLaC")),
    "mp4": FileType("video/mp4", _media),
    "m4v": FileType("video/mp4", _media),
    "mov": FileType("video/quicktime", _media),
    "webm": FileType("video/webm", _MATROSKA),
    "mkv": FileType("video/x-matroska", _MATROSKA),
    "avi": FileType("video/x-msvideo", _riff(b"AVI ")),
}
#: The types under which files are served; anything else that a row may say is not believed.
CONTENT_TYPES = frozenset(file_type.content_type for file_type in TYPES.values())
UNKNOWN = "application/octet-stream"

#: Control characters that text has: tab, line ends, form feed, escape.
_TEXT_CONTROLS = b"\t\n\v\f\r\x1b"
_BINARY = bytes(set(range(32)) - set(_TEXT_CONTROLS))


def type_of(name: str) -> FileType | None:
    """What a file of this name has to be; ``None`` where it cannot be attached."""
    _stem, dot, extension = name.rpartition(".")
    return TYPES.get(extension.lower()) if dot else None


def is_what_it_says(file: BinaryIO, file_type: FileType) -> bool:
    """Whether the content of the open file is of the type. Reads from the start, and goes back."""
    file.seek(0)
    try:
        if file_type.signature is None:
            return _is_text(file)
        return file_type.signature(file.read(HEAD))
    finally:
        file.seek(0)


def _is_text(file: BinaryIO) -> bool:
    """Whether all of it is text: of one byte for a letter, UTF-8, or UTF-16 that says so."""
    decode = None
    first = True
    while chunk := file.read(_CHUNK):
        if first and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            decode = codecs.getincrementaldecoder("utf-16")().decode
        first = False
        if decode is not None:
            try:
                chunk = decode(chunk).encode("utf-8", "replace")
            except UnicodeDecodeError:
                return False
        if len(chunk.translate(None, _BINARY)) != len(chunk):
            return False
    return True
