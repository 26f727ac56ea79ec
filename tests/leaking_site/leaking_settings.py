"""The project itself with a few routes more, some of which keep what they should not."""

from omniwriter.settings import *  # noqa: F403

ROOT_URLCONF = "leaking_urls"
