"""What was agreed to is only ever added, never changed or taken away."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from course import consents
from course.consents import Act, Consent
from course.keys import Keys
from tests.course.specimens import NOW, signed_up

ROOT = Path(__file__).parent.parent.parent
# What nobody confirmed is no consent: it may be forgotten.
UNCONFIRMED = ROOT / "scheduler" / "unconfirmed.py"
SOURCES = [
    pytest.param(file, id=str(file.relative_to(ROOT)))
    for package in ("course", "emails", "scheduler", "app")
    for file in sorted((ROOT / package).rglob("*.py"))
    if "migrations" not in file.parts and file != UNCONFIRMED
]


@pytest.mark.parametrize("source", SOURCES)
def test_no_source_changes_or_deletes_a_consent(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        called = node.func.id if isinstance(node.func, ast.Name) else called
        if called in {"update", "delete", "bulk_update_mappings", "merge"}:
            named = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            named |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
            assert "Consent" not in named, f"{source}:{node.lineno}"
    lowered = " ".join(text.lower().split())
    for statement in ("update consents", "delete from consents", "drop table consents"):
        assert statement not in lowered


def test_each_act_is_kept_with_its_words_its_means_and_its_hour(
    session: Session, keys: Keys
) -> None:
    reader = signed_up(session, keys).subscriber_id
    for n, act in enumerate(Act):
        at = NOW + timedelta(hours=n)
        consents.record(session, reader, "course", act, wording=f"W{n}", means="form", at=at)
    session.flush()
    rows = session.scalars(select(Consent).order_by(Consent.at)).all()
    assert [row.act for row in rows] == ["asked", "confirmed", "imported", "withdrawn"]
    assert [(row.wording, row.means) for row in rows][:2] == [("W0", "form"), ("W1", "form")]
    assert rows[3].at == NOW + timedelta(hours=3)


def test_the_same_act_twice_is_two_rows(session: Session, keys: Keys) -> None:
    reader = signed_up(session, keys).subscriber_id
    for _ in range(2):
        consents.record(session, reader, "course", Act.ASKED, wording="W", means="form", at=NOW)
    session.flush()
    assert len(session.scalars(select(Consent)).all()) == 2
