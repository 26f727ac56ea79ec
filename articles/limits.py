"""Sizes that bind wherever an article comes in: forms, the API, commands and the database."""

MAX_TITLE_CHARS = 255
MAX_SLUG_CHARS = 120
MAX_EXCERPT_CHARS = 300
MAX_BODY_CHARS = 200_000  # about 35 000 words
