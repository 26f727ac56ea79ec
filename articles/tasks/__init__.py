"""The app's work in the background: thin doors to the services, one module a noun. Celery finds them through here."""

from articles.tasks.api import keys_clear_away, tokens_clear_away
from articles.tasks.batches import generation_batches_advance
from articles.tasks.bulk import bulk_job_run, bulk_jobs_resume
from articles.tasks.caching import cache_warm
from articles.tasks.files import private_files_clean_up
from articles.tasks.generation import endpoints_probe, generation_run, generations_take_up
from articles.tasks.images import image_encode_files, image_files_clean_up, images_take_up
from articles.tasks.quality import similarity_catch_up
from articles.tasks.schedule import articles_follow_schedule, autosaves_thin_out
from articles.tasks.views import views_write

__all__ = [
    "articles_follow_schedule",
    "autosaves_thin_out",
    "bulk_job_run",
    "bulk_jobs_resume",
    "cache_warm",
    "endpoints_probe",
    "generation_batches_advance",
    "generation_run",
    "generations_take_up",
    "image_encode_files",
    "image_files_clean_up",
    "images_take_up",
    "keys_clear_away",
    "private_files_clean_up",
    "similarity_catch_up",
    "tokens_clear_away",
    "views_write",
]
