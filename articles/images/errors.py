"""What an uploaded file can be refused for."""

from __future__ import annotations


class UnfitImageError(ValueError):
    """The file is no image that this site takes; the message, translated, says why and what to do."""
