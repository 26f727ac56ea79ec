"""A picture that articles show, stored once whatever the number of uploads."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.limits import MAX_ALT_CHARS
from articles.validators import validate_not_blank, validate_text


class Image(models.Model):
    """An uploaded image: its text for who can't see it, its size, what matters in it, and the files made of it.

    Files lie at ``images/<digest>/<name>`` below MEDIA_ROOT; ``variants`` lists them as
    ``{"name": "480.avif", "width": px, "height": px, "format": "avif", "bytes": n}``. ``width`` and ``height`` are the
    picture's as it is kept, which of a very large upload is less than it had.
    """

    digest = models.CharField(max_length=64, unique=True, editable=False, help_text=_("SHA-256 of the upload."))
    name = models.CharField(_("file name"), max_length=120, validators=[validate_text])
    alt = models.CharField(
        _("alternative text"), max_length=MAX_ALT_CHARS, validators=[validate_text, validate_not_blank],
        help_text=_("What the image shows, for who can't see it."),
    )  # fmt: skip
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    focal_x_pct = models.PositiveSmallIntegerField(
        _("focal point, from the left, in %"), default=50, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    focal_y_pct = models.PositiveSmallIntegerField(
        _("focal point, from the top, in %"), default=50, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    variants = models.JSONField(_("files"), default=list, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("uploaded by"), null=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    encoded_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text=_("When its AVIF and WebP files were all there; until then it has JPEG only."),
    )
    lease_until = models.DateTimeField(
        null=True, editable=False, help_text=_("Until when one worker has it to itself.")
    )

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        constraints = [
            models.CheckConstraint(
                name="image_focal_in_range", condition=Q(focal_x_pct__lte=100) & Q(focal_y_pct__lte=100)
            ),
            models.CheckConstraint(name="image_has_size", condition=Q(width__gte=1) & Q(height__gte=1)),
        ]
        indexes = [
            models.Index(name="image_newest", fields=["-created_at", "-id"]),  # the studio's picker
            # What beat looks for every few minutes; most of the time it is empty.
            models.Index(name="image_unencoded", fields=["created_at"], condition=Q(encoded_at=None)),
        ]

    def __str__(self) -> str:
        return self.alt or self.name
