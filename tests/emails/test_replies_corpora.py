"""Replies as people's mail programs write them, with known answers: ours and other projects'."""

import json

import pytest

from bench.replies import CORPORA, answers, exact_share, mean_f1
from emails.replies import own_words, own_words_of_html

EVERYDAY = [
    json.loads(line) for line in (CORPORA / "everyday.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("case", EVERYDAY, ids=lambda case: f"{case['source']} {case['name']}")
def test_her_words_and_nothing_else(case: dict[str, str]) -> None:
    read = own_words_of_html if case["html"] else own_words
    assert "".join(read(case["raw"]).split()) == "".join(case["expected"].split())


def test_the_corpora_of_others_are_read_nearly_always_alike() -> None:
    given = answers(CORPORA / "open.jsonl")
    assert exact_share(given) >= 0.95
    assert mean_f1(given) >= 0.97
