"""The page of queries in a real browser, on a real PostgreSQL: it follows the database in the order that was chosen."""

from __future__ import annotations

from django.db import connections

from perfmon.databases import remembered
from perfmon.panels import queries
from tests.browser.test_dashboard import memory, seed, visit  # noqa: F401


def test_statements_come_by_themselves_and_in_the_chosen_order(visit, collector, postgres_alias, monkeypatch):  # noqa: F811
    from playwright.sync_api import expect

    monkeypatch.setattr(remembered, "KEEP_S", 0.3)
    queries.remembered.forget()
    with connections[postgres_alias].cursor() as cursor:
        cursor.execute("CREATE EXTENSION pg_stat_statements")
        cursor.execute("SELECT pg_stat_statements_reset()")
        cursor.execute("SELECT 1 AS often")
        page = visit(f"/dashboard/queries?db={postgres_alias}&sort=-calls&q=often")
        rows = page.locator("table.statements tbody tr")
        expect(rows).to_have_count(1)
        for _ in range(40):
            cursor.execute("SELECT 2 AS more, 3 AS often")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("AS more")
        expect(rows.first.locator(".cell-calls")).to_have_text("40")
        for _ in range(50):
            cursor.execute("SELECT 1 AS often")
        expect(rows.first).not_to_contain_text("AS more")
    page.get_by_role("link", name="Mean").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Mean")
    queries.remembered.forget()
