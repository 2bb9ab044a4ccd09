"""What becomes of a picture that somebody sends as a client's logo."""

from __future__ import annotations

import io
import random
import struct
import zlib
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from PIL import Image, PngImagePlugin

from tenants.branding import images
from tenants.branding.images import clean_logo


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    mode = options.pop("mode", "RGB")
    stored = io.BytesIO()
    Image.new(mode, size, options.pop("colour", None) or 0).save(stored, format=kind, **options)
    return stored.getvalue()


def read(file: ContentFile[bytes]) -> Image.Image:
    image = Image.open(file)
    image.load()
    return image


def cleaned(content: bytes) -> ContentFile[bytes]:
    return clean_logo(ContentFile(content, name="whatever.exe"))


def png_that_claims(width: int, height: int) -> bytes:
    """A file of a few bytes whose head promises a picture of any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("kind", "name"), [("PNG", "logo.png"), ("JPEG", "logo.jpg"), ("WEBP", "logo.webp")]
)
def test_keeps_the_kind_whatever_the_file_is_called(kind: str, name: str) -> None:
    file = cleaned(picture(kind))
    assert file.name == name
    assert (read(file).format, read(file).size) == (kind, (40, 30))


@pytest.mark.parametrize(
    ("size", "stored"), [((2000, 1000), (512, 256)), ((500, 3000), (85, 512)), ((512, 512),) * 2]
)
def test_shrinks_what_is_large_and_keeps_its_shape(
    size: tuple[int, int], stored: tuple[int, int]
) -> None:
    assert read(cleaned(picture(size=size))).size == stored


def test_keeps_what_can_be_seen_through() -> None:
    image = read(cleaned(picture(mode="RGBA", colour=(10, 20, 30, 40))))
    assert image.getpixel((0, 0)) == (10, 20, 30, 40)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_takes_every_sort_of_png(mode: str) -> None:
    assert read(cleaned(picture(mode=mode))).mode in ("RGB", "RGBA")


def test_takes_a_jpeg_for_print() -> None:
    assert read(cleaned(picture("JPEG", mode="CMYK"))).mode == "RGB"


def test_leaves_out_everything_that_is_no_picture() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken in secret"
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "taken in secret")
    sent = [
        picture("PNG", pnginfo=texts, exif=exif, icc_profile=b"taken in secret"),
        picture("JPEG", exif=exif, icc_profile=b"taken in secret", comment=b"taken in secret"),
        picture("WEBP", exif=exif, icc_profile=b"taken in secret", xmp=b"taken in secret"),
    ]
    for content in sent:
        assert b"taken in secret" in content
        file = cleaned(content + b"taken in secret")
        assert b"taken in secret" not in file.read()
        file.seek(0)
        assert not read(file).getexif()


def test_turns_a_photo_the_right_way_up() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # The camera was held upright.
    assert read(cleaned(picture("JPEG", exif=exif))).size == (30, 40)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_takes_the_first_of_moving_pictures(kind: str) -> None:
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("#ff0000", "#0000ff"))
    stored = io.BytesIO()
    first.save(stored, format=kind, save_all=True, append_images=[second], lossless=True)
    image = read(cleaned(stored.getvalue()))
    assert getattr(image, "n_frames", 1) == 1
    red, _green, blue = image.convert("RGB").getpixel((4, 4))
    assert red > 200 > 50 > blue


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        picture("GIF"),
        picture("BMP"),
        picture("TIFF"),
        picture()[:60],
    ],
)
def test_refuses_what_is_none_of_the_three(content: bytes) -> None:
    with pytest.raises(ValidationError, match="not a picture that can be read"):
        cleaned(content)


@pytest.mark.parametrize("size", [(601, 100), (100, 601), (1, 512)])
def test_refuses_what_is_a_line_where_logos_are_shown(size: tuple[int, int]) -> None:
    with pytest.raises(ValidationError, match=rf"The picture is {size[0]} by {size[1]}: too long"):
        cleaned(picture(size=size))
    assert read(cleaned(picture(size=(600, 100)))).size == (512, 85)


def test_refuses_a_large_file_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images.Image, "open", lambda *args, **kwargs: pytest.fail("read"))
    with pytest.raises(ValidationError, match="larger than 1 MB"):
        cleaned(b"x" * (images.LARGEST_FILE + 1))


@pytest.mark.parametrize("side", [4001, 12_000, 30_000, 2_000_000])
def test_refuses_a_picture_made_to_fill_the_memory(side: int) -> None:
    content = png_that_claims(side, 4001)
    assert len(content) < 1000
    with pytest.raises(ValidationError, match="16 megapixels at the most"):
        cleaned(content)


def test_broken_files_are_refused_and_nothing_worse() -> None:
    chance = random.Random(7)
    sent = [picture("PNG"), picture("JPEG"), picture("WEBP")]
    for _round in range(300):
        content = bytearray(chance.choice(sent))
        for _change in range(chance.randint(1, 6)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if chance.random() < 0.3:
            del content[chance.randrange(len(content)) :]
        try:
            assert max(read(cleaned(bytes(content))).size) <= images.LARGEST_SIDE
        except ValidationError:
            continue
