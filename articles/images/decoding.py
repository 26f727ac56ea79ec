"""From uploaded bytes to a clean picture: decoded for real, upright, in sRGB, with nothing of the file but its pixels.

Sizes are checked from the header, before a pixel is decoded. The file's own metadata (EXIF with its GPS position, XMP,
comments, thumbnails, colour profiles) goes no further than this module.
"""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from PIL import Image, ImageCms

from articles.images.errors import UnfitImageError
from articles.images.formats import MAX_EDGE_PX, MAX_FRAMES, MAX_PIXELS, SOURCE_EDGE_PX


@dataclass(frozen=True, slots=True)
class Kind:
    """A format that is taken: what it is called, and how its files declare themselves."""

    name: str
    content_types: frozenset[str]
    extensions: frozenset[str]


KINDS: Final = {
    "JPEG": Kind(
        "JPEG", frozenset({"image/jpeg", "image/jpg", "image/pjpeg"}), frozenset({"jpg", "jpeg", "jpe", "jfif"})
    ),
    "PNG": Kind("PNG", frozenset({"image/png", "image/apng"}), frozenset({"png", "apng"})),
    "WEBP": Kind("WebP", frozenset({"image/webp"}), frozenset({"webp"})),
    "AVIF": Kind("AVIF", frozenset({"image/avif"}), frozenset({"avif"})),
    "GIF": Kind("GIF", frozenset({"image/gif"}), frozenset({"gif"})),
}
_ALIASES = {"MPO": "JPEG"}  # what Pillow calls a JPEG with a second picture behind it, as many cameras write
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def inspect(data: bytes) -> Kind:
    """Return the format of the file by its header; raises UnfitImageError for what is none, or too large."""
    with _opened(data) as image:
        return _kind_of(image)


def decode(data: bytes) -> Image.Image:
    """Return the file's first picture, RGB or RGBA, upright, in sRGB, with edges of ``SOURCE_EDGE_PX`` at most.

    Raises UnfitImageError.
    """
    with _opened(data) as image:
        _kind_of(image)
        try:
            return _clean(image)
        # Pillow's decoders raise whatever they trip over in a broken file: OSError, SyntaxError, struct.error and more.
        except Exception as error:
            raise UnfitImageError(
                _("The file is damaged or incomplete. Save the picture again and upload that file.")
            ) from error


def _opened(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=tuple(KINDS))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except Exception as error:
        raise UnfitImageError(
            _("This is no picture that can be read. Upload a JPEG, PNG, WebP, AVIF or GIF file.")
        ) from error
    return image


def _kind_of(image: Image.Image) -> Kind:
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_EDGE_PX:
        raise _too_large()
    # Of a GIF that would mean reading it to its end; only its first frame is ever decoded.
    if image.format != "GIF" and getattr(image, "n_frames", 1) > MAX_FRAMES:
        raise UnfitImageError(
            _("The animation has more than %(frames)s frames. Upload a single picture.") % {"frames": MAX_FRAMES}
        )
    return KINDS[_ALIASES.get(str(image.format), str(image.format))]


def _too_large() -> UnfitImageError:
    return UnfitImageError(
        _("The picture is too large: at most %(megapixels)s megapixels and %(edge)s pixels on a side. Make it smaller.")
        % {"megapixels": MAX_PIXELS // 1_000_000, "edge": MAX_EDGE_PX}
    )


def _clean(image: Image.Image) -> Image.Image:
    orientation = _orientation(image)
    # A JPEG is decoded at a half, a quarter or an eighth when that is enough: a quarter of the time and memory.
    image.draft(None, (SOURCE_EDGE_PX, SOURCE_EDGE_PX))
    image.load()
    profile = image.info.get("icc_profile")
    picture = _plain_mode(image)
    picture.thumbnail((SOURCE_EDGE_PX, SOURCE_EDGE_PX), Image.Resampling.LANCZOS)
    picture = _srgb(picture, profile)
    if orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[orientation])
    picture.info = {}
    return picture


def _orientation(image: Image.Image) -> int:
    with suppress(Exception):  # broken EXIF is no reason to refuse the picture
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    return 1


def _plain_mode(image: Image.Image) -> Image.Image:
    """Return a copy as L, RGB, CMYK or RGBA: the modes that can be resized and converted."""
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK"):
        return image.copy()
    return image.convert("L" if image.mode == "1" else "RGB")


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return it as RGB or RGBA; colours by the profile where there is one that fits."""
    wanted = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):  # a broken profile: the colours as they are
            return _by_profile(picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    return picture.convert(wanted)


def _by_profile(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    colours = picture.convert("RGB") if picture.mode == "RGBA" else picture
    if _PROFILE_MODES.get(profile.profile.xcolor_space.strip()) != colours.mode:
        raise ValueError("The profile is of another colour space than the picture.")
    converted = ImageCms.profileToProfile(colours, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    if converted is None:  # only when asked to convert in place
        raise ValueError("Nothing was converted.")
    if picture.mode == "RGBA":
        converted.putalpha(picture.getchannel("A"))
    return converted
