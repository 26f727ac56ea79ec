"""Images in templates: ``{% picture article.cover sizes="(max-width: 760px) 100vw, 624px" eager=True %}``."""

from __future__ import annotations

from typing import Any

from django import template

from articles.images.markup import TEMPLATE, SocialCard, markdown_of, picture_context, social_card, thumbnail_url
from articles.models import Image

register = template.Library()


@register.inclusion_tag(TEMPLATE)
def picture(
    image: Image | None, *, sizes: str = "100vw", eager: bool = False, alt: str | None = None, **attributes: str
) -> dict[str, Any]:
    """Show an image in the format and width that suits the reader; nothing when there is none.

    ``eager`` is for the one that is largest on the first screen. ``alt=""`` says that it is decoration. ``class`` goes
    to the <img>.
    """
    unknown = set(attributes) - {"class"}
    if unknown:
        raise template.TemplateSyntaxError(f"picture takes no {', '.join(sorted(unknown))}.")
    return picture_context(image, sizes=sizes, eager=eager, alt=alt, classes=attributes.get("class", ""))


@register.filter
def thumbnail(image: Image) -> str:
    """Return the address of the narrowest JPEG."""
    return thumbnail_url(image)


@register.filter
def markdown(image: Image) -> str:
    """Return the Markdown that shows the image."""
    return markdown_of(image)


@register.filter
def social(image: Image | None) -> SocialCard | None:
    """Return the crop for other sites, with ``url``, ``width`` and ``height``."""
    return social_card(image) if image is not None else None
