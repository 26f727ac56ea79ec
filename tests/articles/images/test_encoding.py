"""AVIF and WebP are made by a worker after the upload: once, and also when one of them died at it."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone
from PIL import Image as Pictures

from articles.images import making
from articles.images.encoding import social_crop
from articles.images.files import source_of
from articles.images.formats import WEBP, widths_of
from articles.models import Image
from articles.services.image_encoding import KEEP_STRAY, LEASE, RETRY_AFTER
from articles.services.images import image_store, image_update
from articles.tasks import image_encode_files, image_files_clean_up, images_take_up
from tests.fixtures.images import picture_bytes, upload
from tests.waiting import eventually

Store = Callable[..., Image]
ALL = {"source.jpeg", "64.jpeg", "64.webp", "64.avif", "social-50-50.jpeg"}


@pytest.fixture
def waiting(media: Path, author: User) -> Image:
    """An image that no worker has come to: its upload's transaction is not committed."""
    return image_store(file=upload(picture_bytes(size=(64, 48))), alt="A lamp", actor=author)


def folder(image: Image) -> Path:
    source = source_of(image.digest)
    assert source is not None
    return source.parent


def names(image: Image) -> set[str]:
    return {path.name for path in folder(image).iterdir()}


def announced(image: Image) -> set[str]:
    image.refresh_from_db()
    return {item["name"] for item in image.variants}


def rebuild(*options: str) -> str:
    said = io.StringIO()
    call_command("images_rebuild", *options, stdout=said)
    return said.getvalue()


@pytest.mark.parametrize(
    ("width", "widths"),
    [(1, (1,)), (479, (479,)), (480, (480,)), (481, (480, 481)), (1440, (480, 960, 1440)), (9000, (480, 960, 1440))],
)
def test_a_picture_is_kept_in_fixed_widths_and_in_none_that_it_does_not_have(
    width: int, widths: tuple[int, ...]
) -> None:
    assert widths_of(width) == widths


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (1200, 630), (630, 1200), (2560, 2560)])
@pytest.mark.parametrize("focal", [(0, 0), (50, 50), (100, 100)])
def test_a_social_card_lies_within_any_picture(size: tuple[int, int], focal: tuple[int, int]) -> None:
    card = social_crop(Pictures.new("RGB", size, "teal"), *focal)

    assert 1 <= card.width <= min(1200, size[0])
    assert 1 <= card.height <= min(631, size[1])


def test_until_a_worker_came_pages_have_the_jpeg_alone(waiting: Image) -> None:
    assert announced(waiting) == {"64.jpeg", "social-50-50.jpeg"}

    image_encode_files(waiting.pk)

    assert announced(waiting) == names(waiting) - {"source.jpeg"} == ALL - {"source.jpeg"}
    assert waiting.encoded_at is not None


def test_a_task_that_is_delivered_again_does_nothing(waiting: Image) -> None:
    image_encode_files(waiting.pk)
    waiting.refresh_from_db()
    done_at = waiting.encoded_at

    image_encode_files(waiting.pk)
    image_encode_files(404)

    waiting.refresh_from_db()
    assert waiting.encoded_at == done_at


def test_a_dead_workers_image_is_left_alone_for_its_lease_and_then_gone_on_with(waiting: Image) -> None:
    now = timezone.now()
    making.write_variants(folder(waiting), making.read_source(folder(waiting) / "source.jpeg"), [WEBP])
    (folder(waiting) / ".64.avif.1-1").write_bytes(b"half a f")
    Image.objects.update(lease_until=now + LEASE)
    made = (folder(waiting) / "64.webp").stat().st_ino

    with time_machine.travel(now + LEASE - timedelta(seconds=1), tick=False):
        images_take_up()
        assert "64.avif" not in names(waiting)
    with time_machine.travel(now + LEASE + timedelta(seconds=1), tick=False):
        images_take_up()

    assert announced(waiting) == ALL - {"source.jpeg"}
    assert (folder(waiting) / "64.webp").stat().st_ino == made
    assert waiting.lease_until is None


def test_an_image_whose_task_was_lost_is_taken_up(waiting: Image) -> None:
    images_take_up()

    assert names(waiting) == ALL


@pytest.mark.parametrize("loss", ["gone", "empty", "cut"])
def test_a_lost_source_is_told_and_tried_again_in_an_hour(
    waiting: Image, caplog: pytest.LogCaptureFixture, loss: str
) -> None:
    source = folder(waiting) / "source.jpeg"
    whole = source.read_bytes()
    source.unlink() if loss == "gone" else source.write_bytes(whole[: len(whole) // 2] if loss == "cut" else b"")

    with caplog.at_level(logging.ERROR, "articles.services.image_encoding"):
        images_take_up()
    assert f"The files of image {waiting.pk} were not made" in caplog.text
    source.write_bytes(whole)
    images_take_up()
    assert announced(waiting) == {"64.jpeg", "social-50-50.jpeg"}

    with time_machine.travel(timezone.now() + RETRY_AFTER + timedelta(seconds=1)):
        images_take_up()
    assert announced(waiting) == ALL - {"source.jpeg"}


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_makes_the_files(worker: object, media: Path) -> None:
    writer = User.objects.create_user("clarice", password="a long password")

    image = image_store(file=upload(picture_bytes(size=(64, 48))), alt="A lamp", actor=writer)

    eventually(lambda: Image.objects.filter(pk=image.pk).exclude(encoded_at=None).exists())
    assert announced(image) == ALL - {"source.jpeg"}


def test_a_focal_point_that_moves_takes_its_card_along_and_leaves_no_other_listed(stored: Store, author: User) -> None:
    image = stored(size=(64, 48))

    image_update(image_id=image.pk, alt="A lamp", focal_x_pct=0, focal_y_pct=100, actor=author)

    assert announced(image) == ALL - {"source.jpeg", "social-50-50.jpeg"} | {"social-0-100.jpeg"}
    assert "social-50-50.jpeg" in names(image)  # for pages that somebody still has open


def test_words_are_changed_even_when_the_source_is_damaged(stored: Store, author: User) -> None:
    image = stored(size=(64, 48))
    (folder(image) / "source.jpeg").write_bytes(b"damaged")

    changed = image_update(image_id=image.pk, alt="A lamp at night", focal_x_pct=0, focal_y_pct=100, actor=author)

    assert changed.alt == "A lamp at night"
    assert announced(image) >= {"64.jpeg", "64.webp", "64.avif"}


def test_a_source_that_trips_the_decoder_is_put_off_too(
    media: Path, author: User, caplog: pytest.LogCaptureFixture
) -> None:
    data = picture_bytes("PNG", mode="RGBA", size=(64, 48), color=(200, 80, 20, 128))
    image = image_store(file=upload(data, "PNG"), alt="A lamp", actor=author)
    source = folder(image) / "source.png"
    damaged = bytearray(source.read_bytes())
    damaged[36] = 0  # the length of its first piece of pixels
    source.write_bytes(damaged)

    image_encode_files(image.pk)

    assert "source.png is damaged" in caplog.text
    assert announced(image) == {"64.jpeg", "social-50-50.jpeg"}


# The commands and the clean-up


def test_a_rebuild_makes_what_is_missing_and_nothing_else(stored: Store, media: Path) -> None:
    image, other = stored(size=(64, 48)), stored(size=(40, 30))
    for name in ("64.jpeg", "64.avif", "social-50-50.jpeg"):
        (folder(image) / name).unlink()
    kept = (folder(image) / "64.webp").stat().st_ino

    assert rebuild() == "3 files made for 2 images.\n"

    assert announced(image) == names(image) - {"source.jpeg"} == ALL - {"source.jpeg"}
    assert (folder(image) / "64.webp").stat().st_ino == kept
    assert rebuild() == "0 files made for 2 images.\n"
    assert rebuild("--verbosity", "0") == ""
    assert len(announced(other)) == 4


def test_a_rebuild_makes_everything_again_when_asked(stored: Store) -> None:
    image = stored(size=(64, 48))
    (folder(image) / "64.webp").write_bytes(b"damaged")

    assert rebuild("--again") == "4 files made for 1 images.\n"

    with Pictures.open(folder(image) / "64.webp") as picture:
        assert picture.size == (64, 48)
    image.refresh_from_db()
    assert {item["bytes"] for item in image.variants} == {
        (folder(image) / item["name"]).stat().st_size for item in image.variants
    }


@pytest.mark.parametrize("harm", [Path.unlink, lambda source: source.write_bytes(b"damaged")], ids=["gone", "damaged"])
def test_a_rebuild_names_images_beyond_help_and_goes_on(stored: Store, harm: Callable[[Path], object]) -> None:
    lost, other = stored(size=(64, 48)), stored(size=(40, 30))
    harm(folder(lost) / "source.jpeg")
    (folder(other) / "40.avif").unlink()

    with pytest.raises(CommandError, match=rf"upload them again: {lost.pk} \(picture.jpg\)"):
        rebuild()

    assert "40.avif" in names(other)


def test_the_clean_up_removes_what_belongs_to_no_image_once_it_is_a_week_old(stored: Store, media: Path) -> None:
    image = stored(size=(64, 48))
    strays = [media / ("f" * 64), media / ".staging-x"]
    for stray in strays:
        stray.mkdir()
        (stray / "64.jpeg").write_bytes(b"x")
    (folder(image) / "social-0-0.jpeg").write_bytes(b"x")

    image_files_clean_up()
    assert all(stray.exists() for stray in strays)

    with time_machine.travel(timezone.now() + KEEP_STRAY + timedelta(hours=1)):
        image_files_clean_up()
    assert [path.name for path in media.iterdir()] == [image.digest]
    assert names(image) == ALL


def test_the_clean_up_leaves_files_outside_the_images_alone(media: Path, db: Any) -> None:
    media.mkdir(parents=True)
    (media / "readme.txt").write_text("x")
    (media / "notes").mkdir()

    with time_machine.travel(timezone.now() + KEEP_STRAY * 2):
        image_files_clean_up()

    assert sorted(path.name for path in media.iterdir()) == ["notes", "readme.txt"]
