"""Images: reading uploads, making their files, their addresses and their markup. The rows are the services' matter."""

from articles.images.addresses import image_url
from articles.images.markup import picture_html, social_card, sources

__all__ = ["image_url", "picture_html", "social_card", "sources"]
