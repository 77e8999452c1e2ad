"""Commands by reply: STOP always works, and a sentence never does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emails.keywords import WORDS, Keyword, keyword_of


@pytest.mark.parametrize(
    ("words", "language", "keyword"),
    [
        ("STOP", "en", Keyword.STOP),
        ("stop.", "en", Keyword.STOP),
        ("“Stop!”", "de", Keyword.STOP),
        ("Unsubscribe", "de", Keyword.STOP),
        ("Abmelden", "de-AT", Keyword.STOP),
        ("darme de baja", "es", Keyword.STOP),
        ("Please, stop", "en", Keyword.STOP),
        ("PAUSE", "de", Keyword.PAUSE),
        ("pausa", "es", Keyword.PAUSE),
        ("Next!", "en", Keyword.NEXT),
        ("nächster Brief", "de", Keyword.NEXT),
        ("Siguiente, por favor", "es", Keyword.NEXT),
        ("Weiter", "de", Keyword.RESUME),
        ("Resume", "es", Keyword.RESUME),
    ],
)
def test_a_word_alone_is_a_command(words: str, language: str, keyword: Keyword) -> None:
    assert keyword_of(words, language) == keyword


@pytest.mark.parametrize(
    "below",
    ["", "Thank you, Ana", "I have read all I wanted to read, and it was good to have it.\nAna"],
)
def test_stop_in_capitals_counts_whatever_is_below(below: str) -> None:
    assert keyword_of(f"STOP\n\n{below}", "en") == Keyword.STOP
    assert keyword_of(f"> a line of the letter\n\nSTOP\n{below}", "de") == Keyword.STOP


def test_a_goodbye_below_a_stop_is_no_sentence() -> None:
    assert keyword_of("Stop\n\nThanks, Ana", "en") == Keyword.STOP


@pytest.mark.parametrize(
    "words",
    [
        "",
        "...",
        "I want it to stop.",
        "Stop it, I told myself.",
        "Please don’t stop!",
        "Stop\n\nis the word that my father said most often, and I still hear it when I rest.",
        "Pause\n\nI took one today.",
        "Next\nweek I will try again.",
        "Start\n\nIt began in the chest.",
        "Continue?\nI am not sure that I can.",
        "Hi,\nPAUSE",
        "> STOP",
        "unstoppable",
    ],
)
def test_a_sentence_is_no_command(words: str) -> None:
    assert keyword_of(words, "en") is None


def test_another_languages_word_is_no_command() -> None:
    assert keyword_of("weiter", "es") is None
    assert keyword_of("baja", "de") is None


@pytest.mark.parametrize("language", WORDS)
def test_no_word_means_two_things(language: str) -> None:
    said = [word for words in WORDS[language].values() for word in words.split("|")]
    assert len(said) == len(set(said))
    for keyword, words in WORDS[language].items():
        assert {keyword_of(word.upper(), language) for word in words.split("|")} == {keyword}


@settings(derandomize=True, deadline=None)
@given(st.text(), st.sampled_from(["en", "de", "xx", ""]))
def test_any_text_has_an_answer(words: str, language: str) -> None:
    assert keyword_of(words, language) in {None, *Keyword}
    assert keyword_of(f"STOP\n{words}", language) == Keyword.STOP
