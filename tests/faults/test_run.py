"""The table of `dev.py faults`: what it says, what it keeps, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import run
from tests.faults.reliability import record
from tests.faults.result import Result

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, int, int]]:
    """Two parts that do nothing but tell what they were asked; the second finds something in its third step."""
    asked: list[tuple[str, int, int]] = []

    def part(id_: str, trials: int, seed: int) -> Result:
        asked.append((id_, trials, seed))
        return Result(id_, "nothing", trials, ["lost: one"] if id_ == "G2" and len(asked) == 5 else [], seed, 1.0)

    monkeypatch.setattr(
        run,
        "PARTS",
        (
            run.Part("G1", lambda trials, seed: part("G1", trials, seed), 1, 2, 30, 10),
            run.Part("G2", lambda trials, seed: part("G2", trials, seed), 1, 2, 4, 2),
        ),
    )
    monkeypatch.setattr(run, "STATE", tmp_path / "build" / "full.json")
    return asked


def test_runs_what_was_asked_for_with_its_seed(
    parts: list[tuple[str, int, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(["--only", "G2", "--seed", "7", "--sample"]) == 0
    assert run.main(["--seed", "8"]) == 0
    assert parts == [("G2", 1, 7), ("G1", 2, 8), ("G2", 2, 8)]
    assert run.main(["--only", "G99"]) == 2
    assert "G99" in capsys.readouterr().err


def test_the_full_form_goes_in_steps_and_fails_with_the_step_s_seed(
    parts: list[tuple[str, int, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(["--full", "--seed", "100"]) == 1
    assert parts == [("G1", 10, 100), ("G1", 10, 110), ("G1", 10, 120), ("G2", 2, 100), ("G2", 2, 102)]
    assert "lost: one (seed 102)" in capsys.readouterr().out


def test_the_full_form_goes_on_where_it_was_interrupted(parts: list[tuple[str, int, int]]) -> None:
    progress = run.Progress.load(run.STATE, 100)
    progress.add(Result("G1", "nothing", 20, [], 100, 5.0))
    assert run.main(["--full", "--only", "G1"]) == 0
    assert parts == [("G1", 10, 120)]
    assert run.main(["--full", "--only", "G1"]) == 0
    assert len(parts) == 1
    assert run.main(["--full", "--only", "G1", "--seed", "5"]) == 0
    assert len(parts) == 4


def test_other_code_begins_anew(parts: list[tuple[str, int, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    run.Progress.load(run.STATE, 100).add(Result("G1", "nothing", 30, [], 100, 5.0))
    monkeypatch.setattr(run, "_fingerprint", lambda: "other")
    assert run.main(["--full", "--only", "G1"]) == 0
    assert len(parts) == 3


def test_a_part_that_breaks_is_a_failure(
    parts: list[tuple[str, int, int]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(_trials: int, _seed: int) -> Result:
        raise ExceptionGroup("tasks", [OSError("no such device")])

    monkeypatch.setattr(run, "PARTS", (run.Part("G1", breaks, 1, 1, 1), *run.PARTS[1:]))
    assert run.main(["--seed", "1"]) == 1
    assert "no such device" in capsys.readouterr().out
    assert parts == [("G2", 2, 1)]


def test_records_its_form_and_keeps_the_rest(tmp_path: Path) -> None:
    document = tmp_path / "reliability.md"
    document.write_text((ROOT / "docs" / "reliability.md").read_text("utf-8"), "utf-8")
    record(
        document, "full", [Result("G1", "kills", 1_000, [], 3, 600.0), Result("A6", "logins", 10, ["let in"], 4, 1.0)]
    )
    before = document.read_text("utf-8")
    record(document, "full", [Result("A6", "logins", 20, [], 5, 1.0)])
    text = document.read_text("utf-8")
    assert "| G1 | kills | 1,000 | 0 | 3 | 600 |" in text
    assert "| A6 | logins | 20 | 0 | 5 | 1 |" in text
    assert text.count("| A6 | logins |") == 1
    assert text.partition("## Full form")[0] == before.partition("## Full form")[0]


def test_the_document_names_every_part() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    assert [part.id for part in run.PARTS if f"\n| {part.id} |" not in text] == []
