"""Topics: what they may say, and that a page, a frame and a poll all get the same dict."""

from __future__ import annotations

from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.exceptions import TopicError
from perfmon.panels import topics
from perfmon.panels.base import PAGES, Panel
from perfmon.store.ranges import RANGES
from tests.perfmon.panels.seeding import NOW, busy, store


class JobsPanel(Panel):
    """A project's own section of the page of data."""

    name = "jobs"
    pages = ("data",)

    def data(self, query):
        """Tell which range it was asked for."""
        return {"waiting": query.range.seconds}


LIMIT_BYTES = 12_000
KEYS = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=200)


PLAIN_PAGES = sorted(set(PAGES) - {"endpoint", "loadtest", "comparison"})


@given(st.sampled_from(PLAIN_PAGES), st.sampled_from(sorted(RANGES)), st.sampled_from(["", "pt-br:"]))
def test_a_topic_is_read_back_as_it_was_written(page, range_name, language):
    topic = f"{language}{page}/{range_name}"
    assert topics.topic_of(topics.parse(topic)) == topic


@given(KEYS)
def test_an_endpoints_topic_keeps_its_key_whatever_is_in_it(key):
    query = topics.parse(f"endpoint/1h/{key}")
    assert query.key == key
    assert topics.parse(topics.topic_of(query)) == query


@given(st.text(max_size=300))
def test_any_other_text_is_refused_and_never_breaks(text):
    with suppress(TopicError):
        query = topics.parse(text)
        assert query.page in PAGES
        assert query.range.name in RANGES


@pytest.mark.parametrize(
    ("topic", "named"),
    [
        ("nowhere/5m", "overview, endpoint, data, queries, tasks, outgoing, hosts, alerts"),
        ("overview/2y", "5m, 1h, 6h, 24h, 7d, 30d, 90d"),
        ("overview", "5m"),
        ("fr:overview/5m", "en, pt-br"),
        ("endpoint/5m", "endpoint/5m/GET /articles/"),
        ("endpoint/5m/", "endpoint/5m/GET /articles/"),
        ("overview/5m/GET /", "endpoint/5m/GET /articles/"),
        ("overview/5m/", "endpoint/5m/GET /articles/"),
        ("endpoint/5m/GET /\n", "printable"),
        ("queries/5m/nowhere/-total", "queries/5m/default/-total"),
        ("queries/5m/default/total", "queries/5m/default/-total"),
        ("queries/5m/", "queries/5m/default/-total"),
        ("endpoint/5m/" + "x" * 500, "at most"),
    ],
)
def test_a_refused_topic_is_told_what_is_allowed(topic, named):
    with pytest.raises(TopicError, match=named):
        topics.parse(topic)


@pytest.mark.django_db
def test_a_frame_is_the_payload_as_json():
    store({int(NOW) - 2: busy([10, 20])})
    assert orjson.loads(topics.build("overview/5m", NOW)) == orjson.loads(
        orjson.dumps(topics.payload("overview/5m", NOW))
    )


@pytest.mark.django_db
def test_a_projects_own_panel_comes_last_on_its_page_and_on_no_other(settings):
    settings.PERFMON = {**settings.PERFMON, "EXTRA_PANELS": [f"{__name__}.JobsPanel"]}
    panels = topics.payload("data/1h", NOW)["panels"]
    assert list(panels)[-1] == "jobs"
    assert panels["jobs"] == {"waiting": 3600}
    assert "jobs" not in topics.payload("overview/1h", NOW)["panels"]


@pytest.mark.django_db
def test_a_frame_in_another_language_has_that_languages_texts():
    store({int(NOW) - 2: busy([1249])})
    english, portuguese = topics.payload("overview/5m", NOW), topics.payload("pt-br:overview/5m", NOW)
    assert english["panels"]["figures"]["figures"][1]["text"] == "1.25"
    assert portuguese["panels"]["figures"]["figures"][1]["text"] == "1,25"
    assert portuguese["panels"]["charts"]["charts"][0]["title"] == "Latência"


@pytest.mark.django_db
def test_the_frame_of_thirty_busy_endpoints_stays_small():
    by_second = {}
    for second in range(int(NOW) - 600, int(NOW)):
        key = f"GET /section-{second % 30}/articles/<slug>/"
        by_second[second] = busy([7.3, 18.9, 77.7 + second % 97], key=key, status=500 if second % 50 == 0 else 200)
    store(by_second)
    body = topics.build("overview/5m", NOW)
    assert len(orjson.loads(body)["panels"]["endpoints"]["rows"]) == 30
    assert len(body) <= LIMIT_BYTES


@pytest.mark.django_db
def test_the_frame_of_more_endpoints_than_are_shown_is_bounded():
    second = int(NOW) - 3
    windows = busy([])
    for number in range(150):
        windows.update(busy([5.5, 9.25], key=f"GET /section-{number}/articles/<slug>/"))
    store({second: windows})
    payload = topics.payload("overview/5m", NOW)
    assert len(payload["panels"]["endpoints"]["rows"]) == 100
    assert "50 more endpoints" in payload["panels"]["endpoints"]["others"]["text"]
    assert len(topics.build("overview/5m", NOW)) <= 2.2 * LIMIT_BYTES


@pytest.mark.django_db
def test_frames_of_a_long_range_are_read_again_after_a_while_and_those_of_minutes_every_second():
    store({int(NOW) - 3: busy([10])})
    assert _requests("overview/5m", NOW) == _requests("overview/6h", NOW) == 1
    store({int(NOW) - 3: busy([10]), int(NOW) - 2: busy([10])})
    assert _requests("overview/5m", NOW) == 2
    assert _requests("overview/6h", NOW + 1) == 1
    assert _requests("overview/6h", NOW + 16) == 2


def _requests(topic: str, now: float) -> int:
    return orjson.loads(topics.build(topic, now))["panels"]["endpoints"]["rows"][0][2][0]
