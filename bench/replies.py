"""How well a person's words are told from the rest: `python -m bench.replies`.

Each line of a corpus is {"source", "name", "html", "raw", "expected"}. An answer is exact when it
equals what is expected but for white space; F1 counts words, over the plain ones. Ours are in
tests/corpora/replies; `--corpus PATH` measures with another file, `-v` names the inexact ones.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from time import perf_counter

from emails.replies import own_words, own_words_of_html

CORPORA = Path(__file__).parent.parent / "tests" / "corpora" / "replies"


@dataclass(frozen=True)
class Answer:
    source: str
    name: str
    exact: bool
    f1: float | None
    seconds: float


def answers(corpus: Path) -> list[Answer]:
    return [_answer(json.loads(line)) for line in corpus.read_text("utf-8").splitlines()]


def exact_share(given: Iterable[Answer]) -> float:
    return mean(answer.exact for answer in given)


def mean_f1(given: Iterable[Answer]) -> float:
    return mean([answer.f1 for answer in given if answer.f1 is not None] or [1.0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append")
    parser.add_argument("-v", "--verbose", action="store_true")
    chosen = parser.parse_args()
    for corpus in chosen.corpus or sorted(CORPORA.glob("*.jsonl")):
        _print_table(corpus.name, answers(corpus), verbose=chosen.verbose)


def _answer(case: dict[str, str]) -> Answer:
    read = own_words_of_html if case["html"] else own_words
    began = perf_counter()
    words = read(case["raw"])
    seconds = perf_counter() - began
    # Where HTML puts its blanks is nobody's words.
    joint = "" if case["html"] else " "
    exact = joint.join(words.split()) == joint.join(case["expected"].split())
    f1 = None if case["html"] else _f1(words, case["expected"])
    return Answer(case["source"], case["name"], exact, f1, seconds)


def _f1(found: str, expected: str) -> float:
    ours, theirs = Counter(found.split()), Counter(expected.split())
    both = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / both if both else 1.0


def _print_table(title: str, given: list[Answer], *, verbose: bool) -> None:
    sources: dict[str, list[Answer]] = {}
    for answer in given:
        sources.setdefault(answer.source, []).append(answer)
    print(f"{title:24} {'exact':>11} {'':>7} {'F1':>6} {'slowest':>10}")
    for source, some in [*sources.items(), ("all", given)]:
        exact = sum(answer.exact for answer in some)
        slowest = max(answer.seconds for answer in some) * 1000
        print(
            f"  {source:22} {exact:>4} of {len(some):>3} {exact_share(some):>7.1%}"
            f" {mean_f1(some):>6.3f} {slowest:>7.2f} ms"
        )
    if verbose:
        for answer in given:
            if not answer.exact:
                print(f"  inexact: {answer.source}/{answer.name}")


if __name__ == "__main__":
    main()
