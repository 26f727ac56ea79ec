"""The addresses of the images' files, below /media/images/."""

from django.urls import re_path

from articles.images.addresses import DIGEST_FORM, NAME_FORM
from articles.images.serving import image_file, no_image

urlpatterns = [
    re_path(rf"^(?P<digest>{DIGEST_FORM})/(?P<name>{NAME_FORM})\Z", image_file),
    re_path(r"^(?P<address>[\s\S]*)\Z", no_image),
]
