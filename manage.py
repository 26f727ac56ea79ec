#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    """Run one management command; ``manage.py help`` lists them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omniwriter.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"The settings are not right. {error}")


if __name__ == "__main__":
    main()
