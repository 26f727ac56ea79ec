"""What is no fit picture is refused by the field ``file``, with what to do, and leaves nothing behind."""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Pictures

from articles.images.formats import MAX_UPLOAD_BYTES
from articles.models import Image
from articles.services.images import image_store
from tests.fixtures.images import picture_bytes, upload

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
NO_PICTURE = "This is no picture that can be read. Upload a JPEG, PNG, WebP, AVIF or GIF file."
TOO_LARGE = "The picture is too large: at most 40 megapixels and 12000 pixels on a side. Make it smaller."
DAMAGED = "The file is damaged or incomplete. Save the picture again and upload that file."


def refusal(file: SimpleUploadedFile, author: User, media: Path) -> str:
    with pytest.raises(ValidationError) as caught:
        image_store(file=file, alt="A lamp", actor=author)
    assert set(caught.value.message_dict) == {"file"}
    assert not Image.objects.exists()
    assert not media.exists() or list(media.iterdir()) == []
    (message,) = caught.value.message_dict["file"]
    return str(message)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def gif_claiming(width: int, height: int) -> bytes:
    whole = bytearray(picture_bytes("GIF", size=(4, 4)))
    whole[6:10] = struct.pack("<HH", width, height)
    return bytes(whole)


def webp_claiming(width: int, height: int) -> bytes:
    inner = picture_bytes("WEBP", size=(8, 8), lossless=True)[12:]
    head = b"\x02\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    frame = bytes(6) + (7).to_bytes(3, "little") * 2 + (10).to_bytes(3, "little") + b"\0" + inner
    parts = b"".join(
        kind + struct.pack("<I", len(data)) + data
        for kind, data in ((b"VP8X", head), (b"ANIM", bytes(6)), (b"ANMF", frame))
    )
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WEBP" + parts


def jpeg_claiming(width: int, height: int) -> bytes:
    whole = bytearray(picture_bytes(size=(8, 8)))
    at = whole.index(b"\xff\xc0")
    whole[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(whole)


@pytest.mark.parametrize(
    ("data", "fmt"),
    [
        (b"", "JPEG"),
        (b"\xff\xd8\xff", "JPEG"),
        (SVG, "JPEG"),
        (b"<?xml version='1.0'?>" + SVG, "PNG"),
        (gzip.compress(SVG, mtime=0), "PNG"),
        (b"%PDF-1.7\n%\xe2\xe3", "JPEG"),
        (b"<html><script>alert(1)</script>", "GIF"),
        (b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)//", "GIF"),
        (b"MZ" + bytes(200), "PNG"),
        (b"BM" + bytes(100), "PNG"),
        (b"RIFF\x10\0\0\0WEBPVP8 \0\0\0\0", "WEBP"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "AVIF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "PNG"),
        (b"\0" * 1000, "JPEG"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, fmt: str, author: User, media: Path) -> None:
    assert refusal(upload(data, fmt), author, media) in (
        NO_PICTURE, DAMAGED, TOO_LARGE, "The file is empty. Choose another one.",
    )  # fmt: skip


@pytest.mark.parametrize("fmt", ["BMP", "TIFF", "ICO", "PPM", "TGA", "PCX", "DIB", "SGI"])
def test_other_formats_are_refused_whatever_they_call_themselves(fmt: str, author: User, media: Path) -> None:
    assert refusal(upload(picture_bytes(fmt, size=(32, 32)), "PNG"), author, media) == NO_PICTURE


@pytest.mark.parametrize(
    "data", [png_claiming(50_000, 50_000), png_claiming(2**31 - 1, 1), png_claiming(12_001, 10),
             png_claiming(8_000, 8_000), gif_claiming(65_535, 65_535), webp_claiming(16_000, 16_000),
             webp_claiming(9_000, 9_000), jpeg_claiming(65_000, 65_000), jpeg_claiming(7_000, 7_000)],
    ids=["png bomb", "png line", "png long", "png 64 MP", "gif", "webp", "webp 81 MP", "jpeg", "jpeg 49 MP"],
)  # fmt: skip
def test_a_small_file_that_claims_a_huge_picture_is_refused_before_it_is_decoded(
    data: bytes, author: User, media: Path
) -> None:
    fmt = {b"\x89": "PNG", b"G": "GIF", b"R": "WEBP", b"\xff": "JPEG"}[data[:1]]
    tracemalloc.start()
    try:
        assert refusal(upload(data, fmt), author, media) == TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_truncated_file_is_refused(fmt: str, kept: float, author: User, media: Path) -> None:
    noise = Pictures.effect_noise((300, 200), 90).convert("RGB")
    file = io.BytesIO()
    noise.save(file, fmt)
    data = file.getvalue()

    assert refusal(upload(data[: int(len(data) * kept)], fmt), author, media) in (DAMAGED, NO_PICTURE)


@pytest.mark.parametrize("at", range(0, 200, 9))
def test_a_file_with_broken_bytes_is_taken_or_refused_and_nothing_else(at: int, author: User, media: Path) -> None:
    for fmt in ("PNG", "GIF", "JPEG"):
        data = bytearray(picture_bytes(fmt, size=(50, 40)))
        data[at % len(data)] ^= 0xFF
        try:
            image_store(file=upload(bytes(data), fmt), alt="A lamp", actor=author)
        except ValidationError as error:
            refused = set(error.message_dict)
        else:
            refused = {"file"}
        assert refused == {"file"}


@pytest.mark.parametrize("kind", [b"iTXt", b"zTXt", b"iCCP"])
def test_a_compressed_text_that_swells_is_no_danger(kind: bytes, author: User, media: Path) -> None:
    swollen = zlib.compress(bytes(80 << 20), 9)
    text = b"x\0" + (b"\x01\0\0\0" if kind == b"iTXt" else b"\0") + swollen
    whole = picture_bytes("PNG", size=(8, 8))
    tracemalloc.start()
    try:
        assert refusal(upload(whole[:33] + chunk(kind, text) + whole[33:], "PNG"), author, media)
        assert tracemalloc.get_traced_memory()[1] < 30 << 20
    finally:
        tracemalloc.stop()


def test_an_animation_of_too_many_frames_is_refused(author: User, media: Path) -> None:
    frames = [Pictures.new("RGB", (2, 2), (shade % 256, shade // 256, 0)) for shade in range(1_001)]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], lossless=True, minimize_size=False)

    assert "more than 1000 frames" in refusal(upload(file.getvalue(), "WEBP"), author, media)


def test_a_file_of_too_many_bytes_is_refused_unread(author: User, media: Path) -> None:
    file = upload(b"x")
    file.size = MAX_UPLOAD_BYTES + 1

    assert refusal(file, author, media) == "The file has more than 20 MiB. Make it smaller."


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("lamp.jpg", "image/jpeg"), ("lamp.png", "image/jpeg"), ("lamp.jpg", "image/png"), ("lamp.png", "text/html"),
        ("lamp.html", "image/png"), ("lamp.png.php", "image/png"), ("lamp.svg", "image/png"),
        ("lamp.png", "image/svg+xml"), ("lamp.png", "multipart/form-data; boundary=x"),
    ],
)  # fmt: skip
def test_a_file_that_names_itself_something_else_is_refused(
    name: str, content_type: str, author: User, media: Path
) -> None:
    file = SimpleUploadedFile(name, picture_bytes("PNG", size=(8, 8)), content_type)

    assert refusal(file, author, media).startswith("The file is a PNG, but its name or type says otherwise")


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("LAMP.PNG", "image/png"),
        ("lamp", ""),
        ("lamp.png", "application/octet-stream"),
        ("lâmpada — 1.png", "IMAGE/PNG"),
    ],
)
def test_a_file_that_says_little_is_taken_for_what_it_is(
    name: str, content_type: str, author: User, media: Path
) -> None:
    file = SimpleUploadedFile(name, picture_bytes("PNG", size=(8, 8)), content_type)

    assert image_store(file=file, alt="A lamp", actor=author).name == name


@pytest.mark.parametrize(
    "name", ["a\0b.png", "a\\b.png", "a\nb.png", "a\u202eb.png", "..", "\x1b[31m.png", "/etc/x.png"]
)
def test_a_name_that_no_file_has_is_refused(name: str, author: User, media: Path) -> None:
    file = upload(picture_bytes("PNG", size=(8, 8)), "PNG")
    file._name = name  # as a parser with fewer scruples than Django's would hand it on

    assert refusal(file, author, media) == "The file's name has characters that no file name has. Rename it."


def test_a_long_name_keeps_its_beginning_and_its_extension(author: User, media: Path) -> None:
    file = upload(picture_bytes("PNG", size=(8, 8)), "PNG", name="l" + "a" * 200 + ".png")

    name = image_store(file=file, alt="A lamp", actor=author).name

    assert len(name) == 120
    assert name.endswith("aa.png")


@pytest.mark.parametrize("alt", ["", "   ", "\u200b", "x" * 301, "nul\0"])
def test_a_picture_needs_words(alt: str, author: User, media: Path) -> None:
    with pytest.raises(ValidationError) as caught:
        image_store(file=upload(picture_bytes(size=(8, 8))), alt=alt, actor=author)

    assert set(caught.value.message_dict) == {"alt"}


@pytest.mark.parametrize(
    "focal", [{"focal_x_pct": 101}, {"focal_y_pct": -1}, {"focal_x_pct": "x"}, {"focal_y_pct": "9" * 5000}]
)
def test_a_focal_point_lies_in_the_picture(focal: dict[str, Any], author: User, media: Path) -> None:
    with pytest.raises(ValidationError) as caught:
        image_store(file=upload(picture_bytes(size=(8, 8))), alt="A lamp", actor=author, **focal)

    assert set(caught.value.message_dict) == set(focal)
