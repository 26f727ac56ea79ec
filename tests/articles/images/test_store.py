"""An upload becomes an image with its files, and nothing else of it is kept."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connections, transaction
from PIL import Image as Pictures
from PIL import ImageCms

from articles.images.files import images_root
from articles.models import Image
from articles.services.images import image_store
from tests.fixtures.images import picture_bytes, upload

RED, BLUE = (220, 20, 20), (20, 20, 220)


def folder(image: Image) -> Path:
    return images_root() / image.digest


def names(image: Image) -> set[str]:
    return {path.name for path in folder(image).iterdir()}


def opened(image: Image, name: str) -> Pictures.Image:
    return Pictures.open(folder(image) / name)


def halves(left: Any, right: Any, mode: str = "RGB", size: tuple[int, int] = (400, 200)) -> Pictures.Image:
    picture = Pictures.new(mode, size, left)
    picture.paste(right, (size[0] // 2, 0, *size))
    return picture


def saved(picture: Pictures.Image, fmt: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, fmt, **options)
    return file.getvalue()


def is_near(found: Any, wanted: tuple[int, ...], within: int = 24) -> bool:
    return all(abs(one - other) <= within for one, other in zip(found, wanted, strict=True))


def test_an_image_has_each_width_in_each_format_and_a_social_card(image: Image) -> None:
    formats = ("avif", "webp", "jpeg")
    sizes = {480: 320, 960: 640, 1200: 800}
    wanted = {f"{width}.{fmt}" for width in sizes for fmt in formats} | {"social-30-50.jpeg"}

    assert names(image) == wanted | {"source.jpeg"}
    assert {variant["name"] for variant in image.variants} == wanted
    for variant in image.variants:
        path = folder(image) / variant["name"]
        with Pictures.open(path) as picture:
            assert picture.size == (variant["width"], variant["height"])
            assert str(picture.format).lower() == variant["format"]
        assert path.stat().st_size == variant["bytes"]
        if not variant["name"].startswith("social"):
            assert variant["height"] == sizes[variant["width"]]
    assert image.encoded_at is not None
    assert image.lease_until is None


def test_the_jpeg_files_are_there_before_the_commit_and_the_others_after(
    media: Path, author: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        image = image_store(file=upload(picture_bytes(size=(500, 300))), alt="A lamp", actor=author)

        assert names(image) == {"source.jpeg", "480.jpeg", "500.jpeg", "social-50-50.jpeg"}
        assert image.encoded_at is None

    assert names(image) >= {"480.avif", "500.avif", "480.webp", "500.webp"}


@pytest.mark.parametrize(
    ("size", "widths"),
    [((3000, 1500), {480, 960, 1440}), ((480, 10), {480}), ((700, 1), {480, 700}), ((1, 700), {1}), ((33, 44), {33})],
)
def test_no_file_is_wider_than_the_picture(
    size: tuple[int, int], widths: set[int], stored: Callable[..., Image]
) -> None:
    image = stored(size=size)

    assert {variant["width"] for variant in image.variants if "social" not in variant["name"]} == widths


def test_a_very_large_picture_is_kept_smaller(stored: Callable[..., Image]) -> None:
    image = stored(size=(5200, 1300))

    assert (image.width, image.height) == (2560, 640)
    with opened(image, "source.jpeg") as source:
        assert source.size == (2560, 640)


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_each_format_is_taken(fmt: str, stored: Callable[..., Image]) -> None:
    image = stored(fmt=fmt, size=(64, 48), color=RED)

    assert (image.width, image.height) == (64, 48)
    with opened(image, "64.jpeg") as picture:
        assert is_near(picture.convert("RGB").getpixel((30, 20)), RED)


def test_nothing_but_the_pixels_is_kept(stored: Callable[..., Image]) -> None:
    exif = Pictures.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B] = "SECRET-CAMERA", "SECRET-MODEL", "SECRET-ARTIST"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0), 29: "2026:SECRET"})
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><SECRET-XMP/></x:xmpmeta>"
    data = (
        picture_bytes(size=(600, 400), exif=exif, xmp=xmp, comment=b"SECRET-COMMENT") + b"PK\x03\x04SECRET-TAIL<script>"
    )
    assert data.count(b"SECRET") > 5

    image = stored(data)

    assert len(names(image)) == 8
    for path in folder(image).iterdir():
        assert b"SECRET" not in path.read_bytes(), path.name
        with Pictures.open(path) as picture:
            assert not dict(picture.getexif())
            assert not {"exif", "xmp", "comment", "icc_profile", "photoshop"} & set(picture.info)


@pytest.mark.parametrize("fmt", ["PNG", "WEBP"])
def test_nothing_but_the_pixels_is_kept_of_a_picture_with_transparency(fmt: str, stored: Callable[..., Image]) -> None:
    exif = Pictures.Exif()
    exif[0x010F] = "SECRET-CAMERA"

    image = stored(picture_bytes(fmt, mode="RGBA", size=(60, 40), color=(*RED, 128), exif=exif), fmt=fmt)

    assert not [path.name for path in folder(image).iterdir() if b"SECRET" in path.read_bytes()]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_whatever_its_orientation_tag(orientation: int, stored: Callable[..., Image]) -> None:
    upright = halves(RED, BLUE)
    turned_back = {
        1: None, 2: Pictures.Transpose.FLIP_LEFT_RIGHT, 3: Pictures.Transpose.ROTATE_180,
        4: Pictures.Transpose.FLIP_TOP_BOTTOM, 5: Pictures.Transpose.TRANSPOSE, 6: Pictures.Transpose.ROTATE_90,
        7: Pictures.Transpose.TRANSVERSE, 8: Pictures.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    exif = Pictures.Exif()
    exif[0x0112] = orientation
    camera = upright if turned_back is None else upright.transpose(turned_back)

    image = stored(saved(camera, "JPEG", exif=exif, quality=95))

    assert (image.width, image.height) == (400, 200)
    for name in ("400.jpeg", "400.webp", "400.avif"):
        with opened(image, name) as picture:
            pixels = picture.convert("RGB")
            assert is_near(pixels.getpixel((50, 100)), RED)
            assert is_near(pixels.getpixel((350, 100)), BLUE)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_is_no_reason_to_refuse_a_picture(stored: Callable[..., Image]) -> None:
    assert stored(picture_bytes(size=(40, 30), exif=b"Exif\x00\x00MM\x00*\x00\x00\xff\xff\xff\xffgarbage")).width == 40


def test_colours_of_another_profile_become_srgb(stored: Callable[..., Image]) -> None:
    # A profile whose red and green are exchanged is the plainest proof that it was followed.
    swapped = _swapped_profile()

    image = stored(picture_bytes("PNG", size=(40, 30), color=(200, 30, 30), icc_profile=swapped), fmt="PNG")

    with opened(image, "40.jpeg") as picture:
        red, green, _ = picture.convert("RGB").getpixel((20, 15))
        assert green > red


def test_a_broken_profile_leaves_the_colours_as_they_are(stored: Callable[..., Image]) -> None:
    image = stored(picture_bytes("PNG", size=(40, 30), color=RED, icc_profile=b"no profile"), fmt="PNG")

    with opened(image, "40.jpeg") as picture:
        assert is_near(picture.convert("RGB").getpixel((20, 15)), RED)


def test_a_cmyk_jpeg_becomes_rgb(stored: Callable[..., Image]) -> None:
    image = stored(picture_bytes(mode="CMYK", size=(40, 30), color=(0, 255, 255, 0)))

    with opened(image, "40.webp") as picture:
        assert picture.mode == "RGB"
        assert is_near(picture.getpixel((20, 15)), (255, 0, 0), within=40)


def test_sixteen_bits_of_grey_keep_their_shades(stored: Callable[..., Image]) -> None:
    image = stored(picture_bytes("PNG", mode="I;16", size=(40, 30), color=0x8000), fmt="PNG")

    with opened(image, "40.jpeg") as picture:
        assert is_near((picture.convert("L").getpixel((20, 15)),), (128,))


@pytest.mark.parametrize("fmt", ["PNG", "WEBP", "AVIF"])
def test_transparency_is_kept_where_the_format_has_it_and_white_where_not(
    fmt: str, stored: Callable[..., Image]
) -> None:
    picture = halves((*RED, 255), (0, 0, 0, 0), "RGBA")
    options = {"lossless": True} if fmt == "WEBP" else {}

    image = stored(saved(picture, fmt, **options), fmt=fmt)

    for name in ("400.webp", "400.avif"):
        with opened(image, name) as kept:
            assert kept.convert("RGBA").getpixel((350, 100))[3] < 8
            assert is_near(kept.convert("RGBA").getpixel((50, 100)), (*RED, 255))
    for name in ("400.jpeg", "social-50-50.jpeg"):
        with opened(image, name) as flat:
            assert is_near(flat.getpixel((flat.width - 20, 50)), (255, 255, 255))


def test_of_an_animation_the_first_frame_is_kept(stored: Callable[..., Image]) -> None:
    frames = [Pictures.new("RGB", (40, 30), colour) for colour in (RED, BLUE, RED)]

    image = stored(saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50), fmt="GIF")

    with opened(image, "40.webp") as picture:
        assert getattr(picture, "n_frames", 1) == 1
        assert is_near(picture.convert("RGB").getpixel((20, 15)), RED)


def test_the_social_card_is_cut_around_the_focal_point(stored: Callable[..., Image]) -> None:
    tall = Pictures.new("RGB", (1200, 2400), RED)
    tall.paste(BLUE, (0, 1770, 1200, 2400))

    image = stored(saved(tall, "JPEG"), focal_y_pct=90)

    with opened(image, "social-50-90.jpeg") as card:
        assert card.size == (1200, 630)
        assert is_near(card.getpixel((600, 50)), BLUE)
        assert is_near(card.getpixel((600, 600)), BLUE)


def test_the_same_bytes_are_one_image_with_the_words_it_had(
    media: Path, author: User, stored: Callable[..., Image]
) -> None:
    first = stored(alt="A lamp", size=(40, 30))

    second = stored(alt="Another lamp", size=(40, 30))

    assert second.pk == first.pk
    assert second.alt == "A lamp"
    assert Image.objects.count() == 1


def test_an_image_whose_files_were_lost_gets_them_back_by_the_same_upload(stored: Callable[..., Image]) -> None:
    image = stored(size=(40, 30))
    for path in folder(image).iterdir():
        path.unlink()

    again = stored(size=(40, 30))

    assert again.pk == image.pk
    assert names(again) == {"source.jpeg", "40.jpeg", "40.webp", "40.avif", "social-50-50.jpeg"}


def test_files_of_a_transaction_that_was_rolled_back_give_way_to_the_next_upload(
    media: Path, author: User, stored: Callable[..., Image]
) -> None:
    class Undo(Exception):
        pass

    def fail() -> None:
        with transaction.atomic():
            image_store(file=upload(picture_bytes(size=(40, 30))), alt="A lamp", actor=author)
            raise Undo

    with pytest.raises(Undo):
        fail()
    assert Image.objects.count() == 0
    assert len(list(media.iterdir())) == 1

    assert names(stored(size=(40, 30))) >= {"40.avif", "40.jpeg"}
    assert len(list(media.iterdir())) == 1


def test_a_full_disk_leaves_neither_row_nor_file(media: Path, author: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("articles.services.images.files.put_in_place", full)

    with pytest.raises(OSError, match="No space"):
        image_store(file=upload(picture_bytes(size=(40, 30))), alt="A lamp", actor=author)

    assert Image.objects.count() == 0
    assert list(media.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_the_same_bytes_uploaded_at_once_are_one_image(media: Path) -> None:
    writer = User.objects.create_user("clarice", password="a long password")
    data, found, barrier = picture_bytes(size=(300, 200)), [], threading.Barrier(4)

    def send() -> None:
        try:
            barrier.wait()
            found.append(image_store(file=upload(data), alt="A lamp", actor=writer).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    image = Image.objects.get()
    assert found == [image.pk] * 4
    assert [path.name for path in media.iterdir()] == [image.digest]
    assert names(image) >= {"source.jpeg", "300.jpeg", "300.avif", "300.webp"}


def test_what_is_wrong_with_the_file_and_the_fields_is_said_at_once(media: Path, author: User) -> None:
    with pytest.raises(ValidationError) as caught:
        image_store(file=upload(b"no picture"), alt=" \u200b", actor=author, focal_x_pct=101, focal_y_pct=-1)

    assert set(caught.value.message_dict) == {"file", "alt", "focal_x_pct", "focal_y_pct"}


def _swapped_profile() -> bytes:
    """Return an sRGB profile with the red and the green primary exchanged."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132], "big")
    entries = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    profile[red + 4 : red + 12], profile[green + 4 : green + 12] = (
        profile[green + 4 : green + 12],
        profile[red + 4 : red + 12],
    )
    return bytes(profile)
