"""One job, round after round, for as long as the process lives, whatever happens in a round."""

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

Tell = Callable[[Exception], str]


class Rounds:
    """Trouble is told in a sentence and once, not each round; so is that it is over."""

    def __init__(self, name: str, run: Callable[[], object], tell: Tell) -> None:
        self._name, self._run, self._tell = name, run, tell
        self._told = ""

    def __call__(self) -> None:
        try:
            self._run()
        except Exception as error:  # noqa: BLE001  the next round may do better
            self._trouble(self._tell(error))
        else:
            self._all_well()

    def _trouble(self, sentence: str) -> None:
        if sentence != self._told:
            log.error("Couldn't %s. %s It is tried again by itself.", self._name, sentence)
            self._told = sentence

    def _all_well(self) -> None:
        if self._told:
            log.warning("It was possible again to %s.", self._name)
            self._told = ""
