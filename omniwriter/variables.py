"""The environment's variables: one table that declares each; ``docs/settings.md`` shows it."""

from __future__ import annotations

from dataclasses import dataclass

POSTGRES_SCHEMES = ("postgres", "postgresql", "psql", "pgsql")
DATABASE_SCHEMES = ("sqlite", *POSTGRES_SCHEMES)
SEARCH_ENGINES = ("elasticsearch7", "elasticsearch8", "elasticsearch9", "opensearch2", "opensearch3")
SEARCH_SCHEMES = tuple(f"{engine}+{scheme}" for engine in SEARCH_ENGINES for scheme in ("http", "https"))
LLM_SCHEMES = ("http", "https")
VALKEY_SCHEMES = ("redis", "rediss", "unix", "valkey", "valkeys")


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: its name, the form of its value, its default as one would write it, and what it is for."""

    name: str
    kind: str
    default: str
    help: str
    secret: bool = False
    choices: tuple[str, ...] = ()


VARIABLES = (
    Variable(
        "SECRET_KEY",
        "text",
        "",
        "Signs sessions and tokens. Empty: made once and kept in var/secret.key.",
        secret=True,
    ),
    Variable("DEBUG", "bool", "false", "Show tracebacks in the browser. Never on a machine others can reach."),
    Variable("ALLOWED_HOSTS", "list", "localhost,127.0.0.1,[::1]", "Host names the site answers to."),
    Variable(
        "DATABASE_URL",
        "url",
        "",
        "PostgreSQL or SQLite. Empty: SQLite in var/omniwriter.sqlite3.",
        secret=True,
        choices=DATABASE_SCHEMES,
    ),
    Variable(
        "DATABASE_REPLICA_URLS",
        "urls",
        "",
        "Streaming replicas of DATABASE_URL that serve reads. Empty: it serves all.",
        secret=True,
        choices=POSTGRES_SCHEMES,
    ),
    Variable(
        "REDIS_URL",
        "url",
        "",
        "Valkey or Redis. Empty: the bundled one under manage.py up, none otherwise.",
        secret=True,
        choices=VALKEY_SCHEMES,
    ),
    Variable(
        "OMNI_CACHE_URL",
        "url",
        "",
        "Valkey or Redis for the cache alone. Empty: the bundled one under manage.py up, else a database of REDIS_URL.",
        secret=True,
        choices=VALKEY_SCHEMES,
    ),
    Variable("OMNI_CACHE_MB", "int", "256", "Memory of the bundled cache in MiB; what is used least leaves first."),
    Variable(
        "OMNI_SEARCH_URL",
        "url",
        "",
        "Elasticsearch or OpenSearch. Empty: the database itself searches.",
        secret=True,
        choices=SEARCH_SCHEMES,
    ),
    Variable(
        "LLM_ENDPOINTS",
        "urls",
        "",
        "Language models that write articles. Empty: the bundled one under manage.py up, none otherwise.",
        secret=True,
        choices=LLM_SCHEMES,
    ),
    Variable(
        "OMNI_LLM_STRATEGY",
        "text",
        "least_in_flight",
        "How the next call's language model is chosen among those that are well.",
        choices=("least_in_flight", "weighted", "round_robin"),
    ),
    Variable(
        "OMNI_LLM_ALLOW_PRIVATE",
        "bool",
        "false",
        "Let administrators connect language models at addresses of this machine and of private networks.",
    ),
    Variable("OMNI_GENERATE_AT_ONCE", "count", "4", "Articles one writer process works on at once."),
    Variable("OMNI_GENERATE_PER_USER", "count", "3", "Articles that are written at once for one account."),
    Variable("OMNI_VAR_DIR", "path", "var", "Folder for what is written at run time: database, logs, static files."),
    Variable("OMNI_RELEASE", "text", "", "Version or commit shown on the dashboard. Empty: what git says."),
    Variable(
        "OMNI_ADMIN_PASSWORD",
        "text",
        "",
        "Password of the account admin when manage.py up creates it. Empty: a random one, shown once.",
        secret=True,
    ),
    Variable("OMNI_TRUSTED_ORIGINS", "list", "", "Origins besides the site's own whose forms are taken."),
    Variable(
        "OMNI_BEHIND_TLS",
        "bool",
        "false",
        "A proxy in front speaks HTTPS: trust its X-Forwarded-Proto, redirect, send HSTS and secure cookies.",
    ),
    Variable(
        "OMNI_STATIC_COLLECTED",
        "bool",
        "false",
        "Serve the hashed, compressed files that collectstatic wrote; manage.py up sets it.",
    ),
    Variable(
        "OMNI_HTTP_THREADS",
        "int",
        "16",
        "Requests one web process serves at once; each may hold a database connection.",
    ),
    Variable("OMNI_HTTP_QUEUE", "int", "256", "Requests that may wait for a thread; the next one is answered 503."),
    Variable(
        "OMNI_HTTP_LIMIT_MB", "int", "128", "Largest request body that is read, in MiB; a larger one is answered 413."
    ),
    Variable("OMNI_CACHE", "bool", "true", "Keep results and answers; false shows what the site does without."),
    Variable(
        "OMNI_EDGE_MB",
        "int",
        "32",
        "Answers one web process keeps in memory for a second, in MiB; 0 keeps none.",
    ),
    Variable("OMNI_DB_POOL_SIZE", "int", "20", "PostgreSQL connections one process should do with."),
    Variable("OMNI_DB_POOL_OVERFLOW", "int", "30", "PostgreSQL connections one process may open beyond those."),
    Variable(
        "OMNI_PROCESSES",
        "int",
        "1",
        "Processes on all machines that use the database; manage.py check --database default counts with it.",
    ),
    Variable(
        "OMNI_REPLICA_MAX_LAG_MS",
        "int",
        "1000",
        "A replica further behind the primary than this serves no reads until it has caught up.",
    ),
    Variable(
        "OMNI_LANGUAGE",
        "text",
        "en",
        "Language of pages for visitors who ask for none that we have.",
        choices=("en", "pt-br"),
    ),
    Variable(
        "OMNI_LOG_LEVEL",
        "text",
        "INFO",
        "Least important messages that are logged.",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
    Variable("OMNI_HOST_NAME", "text", "", "Name of this host on the dashboard. Empty: the machine's own."),
    Variable("OMNI_PERFMON", "bool", "true", "Record and show performance."),
    Variable(
        "OMNI_LOADTEST_HOST",
        "url",
        "http://127.0.0.1:8000",
        "Address load tests are sent to. Under manage.py up its own first web process.",
    ),
    Variable("OMNI_SERVER_TIMING", "bool", "false", "Tell each answer's own duration in a Server-Timing header."),
    Variable(
        "OMNI_TRUSTED_PROXIES",
        "int",
        "0",
        "Proxies in front that append to X-Forwarded-For, besides one on this machine; 0 trusts none.",
    ),
    Variable(
        "OMNI_API_RATES",
        "numbers",
        "",
        "API calls a minute that differ, e.g. anonymous=1200,token=3000,write=300,login=20,generate=30; 0 is no limit.",
    ),
    Variable("OMNI_PERF_BUDGETS", "numbers", "", "Budgets that differ, e.g. p95_ms=800,alert_cpu_pct=90."),
)
