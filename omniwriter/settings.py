"""Project settings, driven by the environment.

``omniwriter/variables.py`` declares the variables and ``docs/settings.md`` shows them.
"""

from __future__ import annotations

import os
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import environ
from celery.schedules import crontab

from omniwriter.env import read_environment
from omniwriter.llm.endpoints import endpoints_of
from omniwriter.origin import git_release, kept_secret_key, writable_folder
from omniwriter.stack.joining import joined
from omniwriter.webserver import web_command

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")
ENV = read_environment(os.environ)

DEBUG = ENV["DEBUG"]
ALLOWED_HOSTS = ENV["ALLOWED_HOSTS"]
VAR_DIR = writable_folder(BASE_DIR / ENV["OMNI_VAR_DIR"])
if Path(sys.argv[0]).name == "manage.py" and sys.argv[1:2] != ["up"]:  # a command beside a stack that runs
    ENV = read_environment(joined(os.environ, VAR_DIR))
SECRET_KEY = ENV["SECRET_KEY"] or kept_secret_key(VAR_DIR / "secret.key")
RELEASE = ENV["OMNI_RELEASE"] or git_release(BASE_DIR)

# Applications

# Daphne gives runserver live reload and websockets; elsewhere it would cost each process 0.6 s and 30 MB for nothing.
RUNSERVER_APPS = ["daphne"] if sys.argv[1:2] == ["runserver"] else []
INSTALLED_APPS = [
    *RUNSERVER_APPS,
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",  # modelsearch's full-text search there
    "django.contrib.sitemaps",
    "axes",
    "modelsearch",
    "channels",
    "perfmon",
    "articles",
    "omniwriter",
]
MIDDLEWARE = [
    "perfmon.middleware.PerfmonMiddleware",  # first, so that the others' time counts too
    "django.middleware.security.SecurityMiddleware",
    "omniwriter.csp.ContentSecurityPolicyMiddleware",
    "omniwriter.replicas.middleware.PinMiddleware",  # before all that reads the database
    "django.contrib.sessions.middleware.SessionMiddleware",
    "omniwriter.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "omniwriter.messages.LazyMessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it words the refusal of a login that is locked
]
ROOT_URLCONF = "omniwriter.urls"
ASGI_APPLICATION = "omniwriter.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LOGIN_URL = "/studio/login/"
LOGIN_REDIRECT_URL = "/studio/"

# The bridge from the ASGI server to Django's WSGI handler (omniwriter/bridge)

HTTP_THREADS = ENV["OMNI_HTTP_THREADS"]
HTTP_QUEUE = ENV["OMNI_HTTP_QUEUE"]
HTTP_LIMIT_BYTES = ENV["OMNI_HTTP_LIMIT_MB"] << 20
EDGE_BYTES = ENV["OMNI_EDGE_MB"] << 20  # answers kept in front of it (omniwriter/edge)

# Database


def database(url: str) -> dict[str, Any]:
    """Return Django's settings for a database URL: SQLite in WAL mode, PostgreSQL with a pool."""
    config: dict[str, Any] = environ.Env.db_url_config(url)
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"].endswith("sqlite3"):
        # Three writers at 610 transactions a second: no locked error with these, 810 with the defaults.
        config["OPTIONS"] = options | {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        # Threads of the bridge live as long as the process. To open the file for each request, and to write its log
        # back when the last connection is closed, took as long as the list of articles itself.
        config["CONN_MAX_AGE"] = None
    else:
        # A URL that names a socket's folder has to say it as libpq does: ?host=/run/postgresql&port=5432.
        config |= {"HOST": options.pop("host", config["HOST"]), "PORT": options.pop("port", config["PORT"])}
        most = ENV["OMNI_DB_POOL_SIZE"] + ENV["OMNI_DB_POOL_OVERFLOW"]
        # Opened as they are needed: N processes that keep 20 each would fill a server's 100 while idle.
        options["pool"] = {"min_size": 1, "max_size": max(1, most), "max_lifetime": 3600, "timeout": 5}
        options.setdefault("connect_timeout", 5)
        config["ENGINE"] = "omniwriter.postgresql"
        config |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}  # Django's pool takes no other way
    return config


def replica(url: str) -> dict[str, Any]:
    """Return Django's settings for a streaming replica: as its primary, but it is not waited for, and reads move."""
    config = database(url)
    config["OPTIONS"]["pool"]["timeout"] = 0.5  # another server reads for one that is away
    config["OPTIONS"]["connect_timeout"] = 2
    return config | {
        "ENGINE": "omniwriter.replicas.backend",
        "DISABLE_SERVER_SIDE_CURSORS": True,  # rows still to be fetched would die with it
        "TEST": {"MIRROR": "default"},
    }


DATABASES = {
    "default": database(ENV["DATABASE_URL"] or f"sqlite:///{VAR_DIR / 'omniwriter.sqlite3'}"),
    **{f"replica{number}": replica(url) for number, url in enumerate(ENV["DATABASE_REPLICA_URLS"], 1)},
}
DATABASE_ROUTERS = ["omniwriter.routers.PrimaryReplicaRouter"]
REPLICA_MAX_LAG_MS = ENV["OMNI_REPLICA_MAX_LAG_MS"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Valkey: 0 measurements and websockets, 1 tasks, 2 cache, which may have a server of its own, 3 sessions

# One protocol; libraries know the older name.
REDIS_URL, CACHE_URL = (re.sub("^valkey", "redis", ENV[name]) for name in ("REDIS_URL", "OMNI_CACHE_URL"))


def valkey_database(url: str, number: int) -> str:
    """Return the URL of another numbered database on the same server."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return urlunsplit(parts._replace(path=f"/{number}"))
    query = urlencode({**dict(parse_qsl(parts.query)), "db": number})
    return f"unix://{parts.netloc}{parts.path}?{query}"  # urlunsplit would lose the slashes


def celery_url(url: str) -> str:
    """Return the URL of the tasks' database in the words that Celery knows."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"redis+socket://{parts.netloc}{parts.path}?virtual_host=1"
    return valkey_database(url, 1)


def cache(url: str, number: int, prefix: str) -> dict[str, Any]:
    """Return Django's settings for a cache: Valkey when there is one, this process's memory otherwise."""
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": prefix, "KEY_PREFIX": prefix}
    # A cache that is away must cost little: short waits, no retries, and the page is made without it.
    connection = {"socket_timeout": 1, "socket_connect_timeout": 0.5, "retry": None, "max_connections": 100}
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": valkey_database(url, number),
        "KEY_PREFIX": prefix,
        "OPTIONS": {"CONNECTION_POOL_KWARGS": connection, "IGNORE_EXCEPTIONS": True, "LOG_IGNORED_EXCEPTIONS": True},
    }


CACHE_KEEPS = ENV["OMNI_CACHE"]  # omniwriter/cache
CACHES = {"default": cache(CACHE_URL or REDIS_URL, 2, "omniwriter"), "sessions": cache(REDIS_URL, 3, "sessions")}
DJANGO_REDIS_LOGGER = "omniwriter.cache"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_CACHE_ALIAS = "sessions"
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# Search


def search_backend(url: str) -> dict[str, Any]:
    """Return modelsearch's settings: the site's own database, or the engine and version that the URL's scheme names."""
    if not url:
        return {"BACKEND": "articles.search.backends"}
    engine, _, address = url.partition("+")
    return {"BACKEND": f"modelsearch.backends.{engine}", "URLS": [address], "INDEX_PREFIX": "omniwriter_", "TIMEOUT": 5}


MODELSEARCH_BACKENDS = {"default": search_backend(ENV["OMNI_SEARCH_URL"])}

# Tasks

CELERY_BROKER_URL = celery_url(REDIS_URL) if REDIS_URL else "memory://"
CELERY_RESULT_BACKEND = CELERY_BROKER_URL if REDIS_URL else "cache+memory://"
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL  # without a broker the caller does the work
CELERY_RESULT_EXPIRES = 86_400
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 2.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    # A killed worker's task is given to another after 10 s with these two, after 91 s without.
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    "queue_order_strategy": "priority",  # a worker of several queues empties them in the order it names them
}
# Writing has queues of its own, somebody waits for the first, and a worker that takes nothing else.
CELERY_TASK_ROUTES = {
    f"articles.tasks.generation.{name}": {"queue": "generate"} for name in ("generation_run", "endpoints_probe")
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "clear expired sessions": {"task": "omniwriter.tasks.sessions_clear", "schedule": 86_400.0},
    "report on indexes": {"task": "omniwriter.tasks.indexes_report", "schedule": crontab("30", "4", day_of_month="1")},
    "keep the cache warm": {"task": "articles.tasks.caching.cache_warm", "schedule": 240.0},  # of 600 s at the least
    "write views": {"task": "articles.tasks.views.views_write", "schedule": 60.0},
    "publish on schedule": {"task": "articles.tasks.schedule.articles_follow_schedule", "schedule": 15.0},
    "take up bulk jobs": {"task": "articles.tasks.bulk.bulk_jobs_resume", "schedule": 30.0},
    "take up generation": {
        "task": "articles.tasks.generation.generations_take_up",
        "schedule": 2.0,
        "options": {"expires": 2.0},  # one that waited so long has another behind it
    },
    "advance batches": {
        "task": "articles.tasks.batches.generation_batches_advance",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "look after providers": {
        "task": "articles.tasks.generation.endpoints_probe",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    "take up images": {"task": "articles.tasks.images.images_take_up", "schedule": 300.0},
    "clean up image files": {"task": "articles.tasks.images.image_files_clean_up", "schedule": 86_400.0},
    "remove old exports and uploads": {"task": "articles.tasks.files.private_files_clean_up", "schedule": 3600.0},
    "catch up with similarity": {"task": "articles.tasks.quality.similarity_catch_up", "schedule": 86_400.0},
    "clear idempotency keys": {"task": "articles.tasks.api.keys_clear_away", "schedule": 3600.0},
    "clear ended tokens": {"task": "articles.tasks.api.tokens_clear_away", "schedule": 86_400.0},
    "thin out autosaves": {"task": "articles.tasks.schedule.autosaves_thin_out", "schedule": 3600.0},
}

# Languages and time

LANGUAGE_CODE = ENV["OMNI_LANGUAGE"]
LANGUAGES = [("en", "English"), ("pt-br", "Português (Brasil)")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# Language models that write (omniwriter/llm, articles/providers)

# Taken out of ENV: a page of a traceback hides keys by the name of their setting, and shows the rest.
LLM_ENDPOINTS = endpoints_of(ENV.pop("LLM_ENDPOINTS"), languages=[code for code, _ in LANGUAGES])
LLM_STRATEGY = ENV["OMNI_LLM_STRATEGY"]
LLM_ALLOW_PRIVATE = ENV["OMNI_LLM_ALLOW_PRIVATE"]
GENERATE_AT_ONCE = ENV["OMNI_GENERATE_AT_ONCE"]  # threads of the process that writes
GENERATE_PER_USER = ENV["OMNI_GENERATE_PER_USER"]

# Static files

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_COLLECTED = ENV["OMNI_STATIC_COLLECTED"] and not DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "omniwriter.statics.HashedStorage"
        if STATIC_COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = VAR_DIR / "media"

# Security

CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",  # since CSP 3 that takes in ws: and wss: of the same origin
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: a login that is locked is not tried
    "django.contrib.auth.backends.ModelBackend",
]
# Five wrong passwords for one name from one address: neither is tried again for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # an address alone may be a whole office, or the balancer
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # or somebody else could keep an account locked for ever
AXES_CLIENT_IP_CALLABLE = "articles.clients.client_address"
AXES_LOCKOUT_CALLABLE = "articles.lockout.lockout_response"
AXES_DISABLE_ACCESS_LOG = True  # a row for each login for ever, and a session for each token
AXES_VERBOSE = False
TRUSTED_PROXIES = ENV["OMNI_TRUSTED_PROXIES"]
API_RATES_PER_MIN = ENV["OMNI_API_RATES"]
CSRF_TRUSTED_ORIGINS = ENV["OMNI_TRUSTED_ORIGINS"]
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if ENV["OMNI_BEHIND_TLS"]:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health"]
    SECURE_HSTS_SECONDS = 31_536_000
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

# Logs go to the console; whoever runs the process keeps them

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}{trace}: {message}", "style": "{"}},
    "filters": {
        "once": {"()": "omniwriter.logs.OncePer", "seconds": 10},
        "trace": {"()": "omniwriter.logs.TraceOf"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["trace"]},
        "sparing": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["once", "trace"]},
    },
    "root": {"handlers": ["console"], "level": ENV["OMNI_LOG_LEVEL"]},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "httpx2": {"level": "WARNING"},  # a line for each call of a provider, which the ledger has
        "axes": {"level": "WARNING"},  # what it says of each login hides the name and the address
        # Each is asked for every request, so what they say about an outage is thinned out.
        "omniwriter.cache": {"handlers": ["sparing"], "propagate": False},
        "psycopg.pool": {"handlers": ["sparing"], "propagate": False},
        "django.contrib.sessions": {"handlers": ["sparing"], "propagate": False},
    },
}

# Measuring

PERFMON = {
    "ENABLED": ENV["OMNI_PERFMON"],
    "VALKEY_URL": REDIS_URL,
    "HOST_NAME": ENV["OMNI_HOST_NAME"],
    "RELEASE": RELEASE,
    "SERVER_TIMING": ENV["OMNI_SERVER_TIMING"],
    "EXTRA_RECORDERS": ["omniwriter.replicas.recorder.ReplicaRecorder", "omniwriter.llm.recorder.ProviderRecorder"],
    "EXTRA_PANELS": ["omniwriter.panels.replicas.ReplicasPanel", "omniwriter.panels.endpoints.EndpointsPanel"],
    "ATTENTION": ["omniwriter.llm.attention.endpoints_away"],
    "LOADTEST_HOST": ENV["OMNI_LOADTEST_HOST"],
    "PATIENT_QUEUES": ["generate_batch"],
    "HEALTH_PARTS": ["omniwriter.replicas.health.replica_parts"],
    "LOADTEST_SCENARIO": "omniwriter.loadtest.scenario.ArticlesScenario",
    "PERFTEST_SERVER": web_command(python="{python}", host="127.0.0.1", port="{port}"),
    "PERFTEST_ENVIRONMENT": ["OMNI_API_RATES=anonymous=0"],  # or the limit of calls a minute would be what is tested
}
PERF_BUDGETS = ENV["OMNI_PERF_BUDGETS"]
TRACE_SOURCE = "perfmon.context.trace_id"  # what articles/tracing.py asks
