"""Lighthouse's numbers for four pages of a trial installation: `python -m tests.lighthouse`."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from tests.support.browser import FLAGS, NAMES
from tests.support.letters import Newcomer, link
from tests.support.served import serving

# Where the Python package that carries npm puts it.
BIN = Path(sys.executable).parent
VERSION = "13.5.0"
WANTED = {"accessibility": 100, "best-practices": 95, "performance": 95}
READER = "ana@example.com"
PAGES = ("letters", "reflect", "book")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(folder, f"sqlite:///{folder / 'lettercourse.sqlite3'}") as served:
            for page, path in _paths(served.base_url).items():
                report = _report(f"{served.base_url}{path}", folder / f"{page}.json")
                _tell(page, report)


def _paths(base_url: str) -> Mapping[str, str]:
    """The course page, and those of a reader who has had her first letter."""
    with Newcomer(base_url) as ana:
        ana.sign_up(READER)
        ana.confirm(READER).raise_for_status()
        ana.advance("8d")
        letter = next(each for each in ana.mail(READER) if "/reflect/" in each["text"])
    return {"course": "/"} | {page: link(letter, page) for page in PAGES}


def _report(url: str, file: Path) -> Any:
    command = [
        *(str(BIN / "npx"), "--yes", f"lighthouse@{VERSION}", url, "--quiet"),
        *(f"--only-categories={','.join(WANTED)}", "--output=json", f"--output-path={file}"),
        f"--chrome-flags=--headless=new {' '.join(FLAGS)}",
    ]
    browser = next(filter(None, map(shutil.which, NAMES)), "")
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, env={**os.environ, "PATH": path, "CHROME_PATH": browser}, check=True)
    return json.loads(file.read_text(encoding="utf-8"))


def _tell(page: str, report: Any) -> None:
    numbers = {name: round(100 * report["categories"][name]["score"]) for name in WANTED}
    click.echo(f"{page}: " + ", ".join(f"{name} {number}" for name, number in numbers.items()))
    for name, wanted in WANTED.items():
        for fault in _faults(report, name) if numbers[name] < wanted else ():
            click.echo(f"  {fault}")


def _faults(report: Any, category: str) -> Iterator[str]:
    for part in report["categories"][category]["auditRefs"]:
        audit = report["audits"][part["id"]]
        if part["weight"] and audit["score"] is not None and audit["score"] < 1:
            yield f"{audit['title']} ({audit.get('displayValue', part['id'])})"


if __name__ == "__main__":
    main()
