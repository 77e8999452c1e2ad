"""A reply that is a command: STOP, PAUSE, NEXT or RESUME, in the course's language or in English.

A sentence of hers is never a command. So a command is a first line that holds nothing else; and
except for STOP in capitals, which always counts, nothing else is written below it either.
"""

import re
from enum import StrEnum


class Keyword(StrEnum):
    STOP = "stop"
    PAUSE = "pause"
    NEXT = "next"
    RESUME = "resume"


# Words that nobody would write alone to say something else: no "enough", no "halt", no "basta".
WORDS: dict[str, dict[Keyword, str]] = {
    "en": {
        Keyword.STOP: "stop|stop please|please stop|unsubscribe|unsubscribe me|stopall|stop all",
        Keyword.PAUSE: "pause|please pause|pause please",
        Keyword.NEXT: "next|next please|next letter|next lesson",
        Keyword.RESUME: "resume|continue|unpause|start|start again",
    },
    "de": {
        Keyword.STOP: "stopp|bitte stoppen|stoppen|abmelden|bitte abmelden|abbestellen|austragen",
        Keyword.PAUSE: "pause bitte|bitte pause|pausieren",
        Keyword.NEXT: "nächster|nächste|nächster brief|nächste lektion|nächster bitte",
        Keyword.RESUME: "weiter|bitte weiter|weitermachen|fortsetzen|fortfahren",
    },
    "es": {
        Keyword.STOP: "baja|darme de baja|dar de baja|cancelar suscripción|cancelar suscripcion",
        Keyword.PAUSE: "pausa|pausar|pausa por favor",
        Keyword.NEXT: "siguiente|siguiente carta|siguiente por favor|próxima|próxima carta",
        Keyword.RESUME: "reanudar|continuar|seguir|retomar",
    },
    "fr": {
        Keyword.STOP: "désabonner|désinscrire|me désinscrire|me désabonner|arrêter",
        Keyword.PAUSE: "pauser|pause s’il vous plaît|pause svp",
        Keyword.NEXT: "suivant|suivante|lettre suivante",
        Keyword.RESUME: "reprendre|continuer",
    },
    "it": {
        Keyword.STOP: "disiscrivimi|cancellami|annulla iscrizione",
        Keyword.PAUSE: "pausa",
        Keyword.NEXT: "prossima|prossimo|prossima lettera|successiva",
        Keyword.RESUME: "riprendi|riprendere|continua",
    },
    "pt": {
        Keyword.STOP: "cancelar inscrição|sair da lista|parar",
        Keyword.PAUSE: "pausa|pausar",
        Keyword.NEXT: "próxima|próxima carta|seguinte",
        Keyword.RESUME: "retomar|continuar",
    },
    "nl": {
        Keyword.STOP: "afmelden|uitschrijven|stoppen",
        Keyword.PAUSE: "pauze|pauzeren",
        Keyword.NEXT: "volgende|volgende brief",
        Keyword.RESUME: "hervatten|doorgaan|verder",
    },
}
# What people and phones put around one word.
AROUND = " \t.,!;:…'\"“”„«»‘’*_()[]#¡¿-–"  # noqa: RUF001
QUOTED = re.compile(r"\s*>")
# Below a "Stop" that a phone has capitalised: "Thanks, Ana". Anything longer is a reflection.
GOODBYE_WORDS = 4


def keyword_of(words: str, language: str) -> Keyword | None:
    """The command that her own words are, in a course of this language ("de", "de-AT"), if any."""
    lines = [line for line in words.splitlines() if line.strip(AROUND) and not QUOTED.match(line)]
    if not lines:
        return None
    first, rest = lines[0].strip(AROUND), " ".join(lines[1:])
    if first == "STOP":
        return Keyword.STOP
    found = _table(language).get(" ".join(first.casefold().replace(",", " ").split()))
    short = found is Keyword.STOP and len(rest.split()) <= GOODBYE_WORDS
    return found if short or not rest else None


def _table(language: str) -> dict[str, Keyword]:
    rows = (WORDS["en"], WORDS.get(language[:2].lower(), {}))
    return {
        word: keyword for row in rows for keyword, said in row.items() for word in said.split("|")
    }
