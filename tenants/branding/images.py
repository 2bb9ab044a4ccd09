"""A logo that somebody sent, made into one that can be shown to everybody.

What is stored is never the file that came: the picture is read and written anew, so that whatever
else was in the file (places, names, a second format) is gone.
"""

from __future__ import annotations

import io
import warnings

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

#: Of the file, in bytes.
LARGEST_FILE = 1024 * 1024
#: Of the picture that came, in pixels: 64 MB when it is unpacked.
LARGEST_PICTURE = 16_000_000
#: The longer side of the picture that is stored, in pixels.
LARGEST_SIDE = 512

#: A picture that is longer than so many times its width, or the other way round, is a line where
#: logos are shown.
LONGEST = 6

#: The formats that are taken, with the ending and the type of what is stored.
FORMATS = {
    "PNG": ("png", "image/png"),
    "JPEG": ("jpg", "image/jpeg"),
    "WEBP": ("webp", "image/webp"),
}
CONTENT_TYPES = dict(FORMATS.values())


def clean_logo(file: File[bytes]) -> ContentFile[bytes]:
    """The picture in the file, upright, at most 512 pixels a side, with nothing else in it.

    Of a moving picture, the first one. Raises ``ValidationError``.
    """
    if (file.size or 0) > LARGEST_FILE:
        raise ValidationError(_("The file is larger than 1 MB."), code="large_file")
    file.seek(0)
    content = file.read(LARGEST_FILE + 1)
    try:
        with warnings.catch_warnings():
            # Pillow only warns of a picture that is made to fill the memory.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _written_anew(content)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as exc:
        raise _too_many_pixels() from exc
    except ValidationError:
        raise
    except Exception as exc:
        # A broken file makes Pillow raise nearly anything.
        raise ValidationError(
            _("This is not a picture that can be read. Use a PNG, JPEG or WebP file."),
            code="no_picture",
        ) from exc


def _written_anew(content: bytes) -> ContentFile[bytes]:
    with Image.open(io.BytesIO(content), formats=list(FORMATS)) as sent:
        # The size is in the file's head; nothing is unpacked yet.
        if sent.width * sent.height > LARGEST_PICTURE:
            raise _too_many_pixels()
        if max(sent.size) > LONGEST * min(sent.size):
            raise ValidationError(
                _(
                    "The picture is %(width)d by %(height)d: too long and narrow for a logo. Its "
                    "longer side can be %(n)d times the shorter one at the most; square is best."
                ),
                code="narrow_picture",
                params={"width": sent.width, "height": sent.height, "n": LONGEST},
            )
        kind = str(sent.format)
        upright = ImageOps.exif_transpose(sent)
    has_alpha = kind != "JPEG" and upright.has_transparency_data
    picture = upright.convert("RGBA" if has_alpha else "RGB")
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
    # A new image: Pillow would write the old one's colour profile and texts again.
    plain = Image.new(picture.mode, picture.size)
    plain.paste(picture)
    stored = io.BytesIO()
    plain.save(stored, format=kind, optimize=True, quality=90)
    ending, _content_type = FORMATS[kind]
    return ContentFile(stored.getvalue(), name=f"logo.{ending}")


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        _("The picture is too large: %(n)d megapixels at the most."),
        code="large_picture",
        params={"n": LARGEST_PICTURE // 1_000_000},
    )
