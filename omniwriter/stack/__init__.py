"""The bundled servers and their supervisor: what ``manage.py up`` starts, watches and stops."""
