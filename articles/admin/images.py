"""Images: their words and what matters in them; files come in through the studio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from articles.admin.paging import LookAhead
from articles.exceptions import NotAllowedError
from articles.images.markup import thumbnail_url
from articles.models import Image
from articles.services.images import image_update, may_edit_image

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Image]
    ModelForm = forms.ModelForm[Image]
else:
    Base = admin.ModelAdmin
    ModelForm = forms.ModelForm


class ImageForm(ModelForm):
    """What the service lets be changed; it stores as its last check."""

    actor: AbstractBaseUser

    class Meta:
        model = Image
        fields = ("alt", "focal_x_pct", "focal_y_pct")

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # not in the stubs
        if self.errors:
            return
        data = {name: self.cleaned_data[name] for name in ("alt", "focal_x_pct", "focal_y_pct")}
        try:
            image_update(image_id=self.instance.pk, actor=self.actor, **data)
        except ValidationError as error:
            self.add_error(None, error)
        except NotAllowedError:
            self.add_error(None, _("Only who uploaded it and editors may change its description."))


@admin.register(Image)
class ImageAdmin(LookAhead, Base):
    """Uploaded pictures, newest first."""

    form = ImageForm
    list_display = ("thumbnail", "alt", "name", "size", "uploaded_by", "created_at")
    list_display_links = ("thumbnail", "alt")
    list_select_related = ("uploaded_by",)
    sortable_by = ()
    search_fields = ("alt", "name")
    ordering = ("-created_at", "-id")
    fields = ("thumbnail", "alt", "focal_x_pct", "focal_y_pct", "name", "size", "uploaded_by", "created_at")
    readonly_fields = ("thumbnail", "name", "size", "uploaded_by", "created_at")

    @admin.display(description=_("image"))
    def thumbnail(self, image: Image) -> SafeString:
        """The narrowest file there is."""
        source = thumbnail_url(image)
        return format_html('<img class="thumbnail" src="{}" alt="{}" loading="lazy">', source, image.alt)

    @admin.display(description=_("size"))
    def size(self, image: Image) -> str:
        """Width by height."""
        return f"{image.width} × {image.height} px"

    def get_form(
        self, request: HttpRequest, obj: Image | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Image]]:
        """Return a form that knows who writes."""
        form = super().get_form(request, obj, change, **kwargs)
        form.actor = request.user  # type: ignore[attr-defined]  # the class is made for this request
        return form

    def save_model(self, request: HttpRequest, obj: Image, form: Any, change: bool) -> None:
        """Do nothing: the form has stored it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Uploads need the studio's decoder."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Image | None = None) -> bool:
        """Whether its words may be changed."""
        return super().has_change_permission(request, obj) or (obj is not None and may_edit_image(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Image | None = None) -> bool:
        """Texts show images by their address, which no row knows of."""
        return False
