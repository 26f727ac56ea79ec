"""Plans: what a row says goes before what all have in common; what can't be asked for is told by row and field."""

from __future__ import annotations

import pytest

from articles.generation.planning import Common, Plan, plan_rows
from articles.generation.rows import rows_of_file

CATEGORIES = {"home": 1, "house and garden": 1, "science": 2}


def planned(table: str, common: Common | None = None, variables: tuple[str, ...] = ()) -> Plan:
    """Plan the rows of a table."""
    return plan_rows(rows_of_file(table.encode(), "rows.csv", variables), common or Common(), CATEGORIES)


def test_a_row_goes_before_what_all_have_in_common() -> None:
    common = Common(tone="formal", words=400, language="pt-br", audience="all", keywords=("a",), category_id=2)

    own, shared = planned(
        "title,tone,words,language,keywords\nOn lamps,playful,300,en,oil|wick\nOn chairs\n", common
    ).planned

    assert (own.language, own.parameters["tone"], own.words, own.parameters["keywords"]) == (
        "en", "playful", 300, ["oil", "wick"],
    )  # fmt: skip
    assert (shared.language, shared.parameters["tone"], shared.words, shared.parameters["keywords"]) == (
        "pt-br", "formal", 400, ["a"],
    )  # fmt: skip
    assert own.parameters["category_id"] == shared.parameters["category_id"] == 2


@pytest.mark.parametrize("cell", ["a;b", "a | b", "a,b", "a; b;"])
def test_keywords_are_parted_by_any_usual_mark(cell: str) -> None:
    assert planned(f'title,keywords\nOn lamps,"{cell}"\n').planned[0].parameters["keywords"] == ["a", "b"]


@pytest.mark.parametrize("name", ["home", "HOME", "House and garden"])
def test_a_category_is_known_by_slug_and_name(name: str) -> None:
    assert planned(f"title,category\nOn lamps,{name}\n").planned[0].parameters["category_id"] == 1


@pytest.mark.parametrize(
    ("head", "cells", "field", "says"),
    [
        ("title,words", "x,99", "words", "between 100 and 3000"),
        ("title,words", "x,many", "words", "between 100 and 3000"),
        ("title,tone", "x,loud", "tone", "“loud” is not among the choices: neutral"),
        ("title,language", "x,fr", "language", "“fr” is not among the choices: en, pt-br."),
        ("title,category", "x,sciense", "category", "Did you mean “science”?"),
        ("title,category", "x,zzz", "category", "Make it first"),
        ("words", "300", "brief", "give it a title or a brief"),
        ("title", "x" * 300, "title", "255 is the most"),
    ],
)
def test_what_cant_be_asked_for_is_told_by_row_and_field(head: str, cells: str, field: str, says: str) -> None:
    plan = planned(f"{head}\n{cells}\n")

    fault = plan.refused[0]
    assert (fault.row, fault.field, plan.planned) == (1, field, [])
    assert says in fault.message


def test_a_prompts_own_variables_are_kept_with_the_row() -> None:
    plan = planned("title,city\nOn lamps,Recife\nOn chairs,\n", variables=("city",))

    assert [one.parameters.get("variables") for one in plan.planned] == [{"city": "Recife"}, None]


def test_doubles_are_pointed_out_and_kept() -> None:
    plan = planned("title,words\nOn lamps,300\nOn lamps,400\nON LAMPS,300\nOn lamps,300\n")

    assert [one.same_as for one in plan.planned] == [0, 0, 1, 1]
    assert plan.doubles == 2
