"""Articles in Django's admin: thin doors, one module a noun; writes go through the services."""

from articles.admin import articles, budgets, generations, images, jobs, providers, records, taxonomy, tokens

__all__ = ["articles", "budgets", "generations", "images", "jobs", "providers", "records", "taxonomy", "tokens"]
