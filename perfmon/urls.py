"""perfmon's addresses. A project includes them at its root: ``path("", include("perfmon.urls"))``."""

from django.urls import path

from perfmon import api, health, plotly, views
from perfmon.loadtest import views as loadtests

app_name = "perfmon"

urlpatterns = [
    path("dashboard", views.overview, name="dashboard"),
    path("dashboard/endpoint", views.endpoint, name="endpoint"),
    path("dashboard/data", views.data, name="data"),
    path("dashboard/queries", views.queries, name="queries"),
    path("dashboard/queries/indexes/<int:report_id>", views.index_report, name="index_report"),
    path("dashboard/tasks", views.tasks, name="tasks"),
    path("dashboard/outgoing", views.outgoing, name="outgoing"),
    path("dashboard/hosts", views.hosts, name="hosts"),
    path("dashboard/alerts", views.alerts, name="alerts"),
    path("dashboard/alerts/<int:alert_id>/acknowledge", views.acknowledge, name="alert_acknowledge"),
    path("dashboard/loadtests", loadtests.loadtests, name="loadtests"),
    path("dashboard/loadtests/<int:run_id>", loadtests.loadtest, name="loadtest"),
    path("dashboard/loadtests/<int:run_id>/compare", loadtests.comparison, name="comparison"),
    path("dashboard/loadtests/<int:run_id>/stop", loadtests.stop, name="loadtest_stop"),
    path("dashboard/loadtests/<int:run_id>/again", loadtests.again, name="loadtest_again"),
    path("dashboard/loadtests/<int:run_id>/baseline", loadtests.name_baseline, name="loadtest_baseline"),
    path("dashboard/loadtests/<int:run_id>/remove", loadtests.remove, name="loadtest_remove"),
    path("dashboard/loadtests/<int:run_id>/report.html", loadtests.report, name="loadtest_report"),
    path("dashboard/loadtests/<int:run_id>/run.json", loadtests.document, name="loadtest_json"),
    path("dashboard/plotly-<str:version>.js", plotly.plotly_js, name="plotly"),
    path("api/dashboard/data", api.dashboard_data, name="dashboard_data"),
    path("api/metrics", api.metrics_ingest, name="metrics_ingest"),
    path("health", health.health, name="health"),
    path("health/live", health.health_live, name="health_live"),
    path("health/ready", health.health_ready, name="health_ready"),
]
