"""Front matter: what is read, and how every mistake in it is told."""

from __future__ import annotations

import time

import pytest

from articles.portability.front_matter import read_markdown, write_markdown
from articles.portability.source import FaultError


def faults(data: str | bytes) -> list[str]:
    """Return what is wrong with a file."""
    with pytest.raises(FaultError) as error:
        read_markdown(data if isinstance(data, bytes) else data.encode(), "a.md")
    return [str(fault) for fault in error.value.faults]


def test_values_are_taken_as_they_are_written() -> None:
    source = read_markdown(b"---\ntitle: 2026\nslug: no\nexcerpt: 1.0\nseo_title:\norigin: ~\n---\nText", "a.md")

    assert dict(source.given) == {"title": "2026", "slug": "no", "excerpt": "1.0", "seo_title": "", "origin": ""}
    assert source.body == "Text"


def test_each_field_and_the_text_know_their_lines() -> None:
    source = read_markdown(b"---\ntitle: A\n\n# a comment\ntags:\n- x\nexcerpt: >\n  two\n  lines\n---\n\nText", "a.md")

    assert dict(source.lines) == {"title": 2, "tags": 5, "excerpt": 7, "body": 12}
    assert source.given["excerpt"] == "two lines\n"


@pytest.mark.parametrize("tags", ["tags: [a, b]", "tags:\n- a\n- b", "tags: [\"a\", 'b']"])
def test_tags_are_a_list_however_yaml_writes_it(tags: str) -> None:
    assert read_markdown(f"---\ntitle: A\n{tags}\n---\n".encode(), "a.md").tags == ["a", "b"]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("No front matter.", "a.md:1: The file has no front matter."),
        ("", "a.md:1: The file has no front matter."),
        ("---\ntitle: A\nText", "a.md:1: The front matter has no end."),
        ("---\n---\n", "a.md:1: The front matter is empty."),
        ("---\njust words\n---\n", "a.md:2: The front matter is not a list of fields."),
        ("---\ntitle: A\ntitel: B\n---\n", "a.md:3: titel: There is no such field."),
        ("---\ntitle: A\ntitle: B\n---\n", "a.md:3: title: The field stands there twice."),
        ("---\ntitle: [A]\n---\n", "a.md:2: title: This field takes one text"),
        ("---\ntitle: A\ntags:\n  a: b\n---\n", "a.md:4: tags: This field takes a list"),
        ("---\ntitle: A: B\n---\n", "a.md:2: This is not YAML (mapping values are not allowed"),
        ('---\ntitle: A\nexcerpt: "open\n---\n', "This is not YAML"),
        ("---\ntitle: A\n\tslug: b\n---\n", "This is not YAML"),
        ("---\ntitle: &a A\nexcerpt: *a\n---\n", "a.md:3: YAML aliases (*a) are not read."),
        ("---\ntitle: !!python/object/apply:os.system ['x']\n---\n", "a.md:2: title: This field takes one text"),
        ("---\ntitle: !!python/name:os.system x\n---\n", "a.md:2: title: YAML tags such as"),
        ("---\ntitle: !mine A\n---\n", "a.md:2: title: YAML tags such as !mine are not read."),
        ("---\ntitle: A\nimages:\n- alt: x\n---\n", "a.md:4: images: An image needs a line"),
        ("---\ntitle: A\n? [a, b]\n: c\n---\n", "a.md:3: There is no such field."),
        ("---\ntitle: A\n---\n\nfine\nnot \x00 fine\n", "a.md:6: This line has a NUL character"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_its_fix(data: str, fault: str) -> None:
    [told] = faults(data)

    assert fault in told
    assert told.removeprefix(fault) != "", "says how to mend it"


def test_all_wrong_fields_are_told_at_once() -> None:
    assert len(faults("---\ntitel: A\nslag: b\ntags:\n  x: y\n---\n")) == 3


def test_a_line_that_is_not_utf_8_is_named() -> None:
    assert faults("---\ntitle: A\n---\n\nOlá\nAção".encode() + b"\xff") == [
        "a.md:6: This line is not UTF-8. Save the file as UTF-8."
    ]
    assert faults("---\ntitle: A\n---\n".encode("utf-16")) == ["a.md:1: The file is UTF-16. Save it as UTF-8."]


def test_a_file_of_windows_reads_like_any_other() -> None:
    source = read_markdown("\ufeff---\r\ntitle: A\r\n---\r\n\r\none\r\ntwo\r\n".encode(), "a.md")

    assert (source.given["title"], source.body) == ("A", "one\ntwo\n")


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"b{n}: &b{n} [*a,*a,*a,*a,*a,*a]\n" for n in range(9)),
        "title: " + "[" * 30_000,
        "title: " + "{a: " * 10_000,
        "tags: [" + "x," * 20_000 + "]",
        "- " * 30_000,
        "? " * 30_000,
        "title: |\n" + "  x\n" * 20_000,
    ],
)
def test_a_bomb_is_refused_at_once(bomb: str) -> None:
    started = time.process_time()

    assert faults(f"---\n{bomb}\n---\n")
    assert time.process_time() - started < 2


def test_an_emoji_and_accents_are_written_as_themselves() -> None:
    text = write_markdown({"title": "Ação 🎉", "tags": ["é"]}, "Olá")

    assert text == "---\ntitle: Ação 🎉\ntags:\n- é\n---\n\nOlá"
