"""The JSON API: a door for programs, by django-ninja."""
