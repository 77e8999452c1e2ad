"""How long the commands take to start: `python -m bench.startup`.

The baseline is Python itself doing nothing, and the same interpreter importing only what every
command needs to say anything (click).
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from bench.stage import median
from tests.support.served import LETTERCOURSE, installation, serving

ROUNDS = 7


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="lc-bench-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/lettercourse.sqlite3"
        environment = installation(folder, url)

        def command(*words: str) -> Callable[[], None]:
            def run() -> None:
                subprocess.run(words, env=environment, capture_output=True, check=True)

            return run

        def serve() -> None:
            with serving(folder, url):
                _ready.append(perf_counter())

        command(*LETTERCOURSE, "migrate")()
        cases = {
            "python -c pass": command(sys.executable, "-c", "pass"),
            "python -c 'import click'": command(sys.executable, "-c", "import click"),
            "lettercourse --help": command(*LETTERCOURSE, "--help"),
            "lettercourse status": command(*LETTERCOURSE, "status"),
            "lettercourse serve, to /readyz": serve,
        }
        rounds = [{what: _seconds(run) for what, run in cases.items()} for _ in range(ROUNDS)]
    print(f"median of {ROUNDS} rounds{'s':>17}{'ratio':>8}")
    for what in cases:
        ratio = median([costs[what] / costs["python -c pass"] for costs in rounds])
        print(f"{what:32}{median([costs[what] for costs in rounds]):7.3f}{ratio:8.1f}")


_ready: list[float] = []


def _seconds(run: Callable[[], None]) -> float:
    """Until it has ended, or, for a server, until it is ready to answer."""
    _ready.clear()
    start = perf_counter()
    run()
    return (_ready or [perf_counter()])[0] - start


if __name__ == "__main__":
    main()
