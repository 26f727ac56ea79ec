"""The newest report on the page of queries, and the whole of it as text."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from perfmon.indexes.reports import report_make, report_store
from perfmon.models import IndexReport
from perfmon.panels import topics
from perfmon.panels.indexes import MAX_FINDINGS
from tests.perfmon.panels.seeding import NOW

pytestmark = pytest.mark.django_db
MADE = datetime(2026, 11, 1, 4, tzinfo=UTC)


@pytest.fixture
def staff(client):
    """A client logged in as staff."""
    client.force_login(User.objects.create_user("ops", is_staff=True))
    return client


def finding(kind: str, name: str, **evidence) -> dict:
    """One finding of a report."""
    return {
        "kind": kind,
        "table": "lamps",
        "name": name,
        "declared": "",
        "evidence": evidence,
        "sql": [f"DROP {name};"],
    }


def keep(*findings: dict) -> IndexReport:
    """Keep a report with findings of the default database."""
    report = {
        "alias": "default", "vendor": "PostgreSQL", "made_at": MADE.isoformat(), "since": "2026-08-01T00:00:00+00:00",
        "days": 92, "replicas": ["replica1"], "notes": [{"code": "small", "count": 3, "bytes": 1 << 20}],
        "findings": list(findings),
    }  # fmt: skip
    return report_store(report, now=MADE)


def text_of(response) -> str:
    """The page as a reader sees it."""
    body = re.sub(r"<(script|template).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).replace("\xa0", " ")


def test_without_a_report_the_page_says_how_to_make_one(staff):
    text = text_of(staff.get("/dashboard/queries"))
    assert "There is no report on this database's indexes yet" in text.replace("&#x27;", "'")
    assert "manage.py perf_indexes --store" in text


def test_the_newest_report_is_shown_with_its_figures_its_limits_and_its_whole(staff):
    keep(finding("unused", "old", columns=["a"], size_bytes=1 << 20, scans=0))
    report = keep(
        finding("unused", "lamps_a", columns=["a", "b"], size_bytes=3 << 20, scans=0),
        finding("unused", "lamps_c", columns=["c"], size_bytes=5 << 20, scans=0),
    )
    response = staff.get("/dashboard/queries")
    text = text_of(response)
    assert "Indexes that were never used 2 8.00 MiB" in text
    assert "3.00 MiB · 0 scans lamps_a on lamps (a, b) was not used once. DROP lamps_a;" in text
    assert "Scans count since 2026-08-01 00:00 UTC (92 days), on default, replica1." in text
    assert "Left out: 3 unused indexes below 1.00 MiB" in text
    assert "old on lamps" not in text
    assert f'href="{reverse("perfmon:index_report", args=[report.pk])}"' in response.content.decode()


def test_a_long_report_is_cut_and_says_by_how_much(staff):
    keep(*(finding("unused", f"lamps_{at}", columns=["a"], size_bytes=1, scans=0) for at in range(MAX_FINDINGS + 3)))
    panel = topics.payload("queries/5m", NOW)["panels"]["indexes"]
    assert len(panel["findings"]) == MAX_FINDINGS
    assert panel["more"] == "3 more in the whole report."


def test_a_report_that_found_nothing_says_so(staff):
    keep()
    assert "No index stands out" in text_of(staff.get("/dashboard/queries"))


def test_the_whole_report_is_text_for_those_who_may_see_the_dashboard(staff, client):
    report = report_store(report_make(alias="default", now=MADE), now=MADE)
    address = reverse("perfmon:index_report", args=[report.pk])
    response = staff.get(address)
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode().startswith("Indexes of default (SQLite), 2026-11-01 04:00 UTC\n")
    assert staff.get(reverse("perfmon:index_report", args=[report.pk + 1])).status_code == 404
    client.logout()
    assert client.get(address).status_code == 302
    client.force_login(User.objects.create_user("reader"))
    assert client.get(address).status_code == 403


def test_another_databases_report_is_not_shown_for_this_one(staff):
    keep(finding("unused", "lamps_a", columns=["a"], size_bytes=1, scans=0))
    IndexReport.objects.update(alias="other")
    assert "There is no report" in text_of(staff.get("/dashboard/queries"))
