"""Django's PostgreSQL backend for a replica: what it can't answer, another server does."""
