"""The bench measures what it says: the estates are sound, the runs take turns, the verdicts follow from the figures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.corpus import make_teams
from bench.dns import as_zone
from bench.estate import Estate, write_estate
from bench.hcl import as_state
from bench.measure import Measured, measure, middle
from bench.plot import draw
from bench.questions import Limit, Question, Slope, Versus, answer, keys, questions, slope
from bench.report import as_json, as_markdown, verdict
from bench.sizes import FULL
from bench.turns import Broken, Patience, Run, take_turns

FOR_EVER = Patience(budget=1e9, deadline=1e9)
FACTS = {
    "plot": "p.svg",
    "groups": ["noop-10", "noop-100"],
    "floor": None,
    "tools": {},
    "machine": {},
    "minutes": 1.0,
    "seed": 7,
    "skipped": ["NO TERRAFORM: none"],
}


def took(seconds: float, peak: int = 1_000_000) -> Measured:
    """Give a run that took so long."""
    return Measured(seconds, seconds, peak, 0)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """Write a small one of one tenant, for everybody."""
    return write_estate(tmp_path_factory.mktemp("estate") / "small", 40, 1, seed=7, others=True)


def texts(estate: Estate) -> dict[str, str]:
    """Read all files of an estate but those with paths in them."""
    paths = (p for p in estate.root.rglob("*") if p.is_file() and p.name != "config.yaml")
    return {str(p.relative_to(estate.root)): p.read_text() for p in paths}


def test_same_seed_writes_the_same_estate(estate: Estate, tmp_path: Path) -> None:
    """Runs on two machines measure the same bytes."""
    again = write_estate(tmp_path / "again", 40, 1, seed=7, others=True)
    other = write_estate(tmp_path / "other", 40, 1, seed=8, others=True)

    assert texts(again) == texts(estate)
    assert texts(other) != texts(estate)


@pytest.mark.parametrize(("resources", "tenants"), [(40, 1), (60, 3)])
def test_estates_are_valid(resources: int, tenants: int, tmp_path: Path) -> None:
    """Our own validate finds nothing in them, whatever the number of tenants, and counts what was asked for."""
    estate = write_estate(tmp_path / "estate", resources, tenants, seed=7, others=False)
    environment = os.environ | json.loads(estate.secrets.read_text())

    command = [sys.executable, "-m", "flametree_cfg", "validate", "tenants"]
    result = subprocess.run(command, cwd=estate.root, env=environment, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{resources} resources" in result.stdout


def test_tenants_share_no_secret() -> None:
    """Teams are numbered across tenants, so that neither names of secrets nor mailboxes meet."""
    first, second = make_teams(3, seed=7), make_teams(3, seed=8, first=3)

    assert not {s for team in first for s in team.secrets} & {s for team in second for s in team.secrets}


def test_edits_reach_us_and_terraform_and_can_be_taken_back(estate: Estate) -> None:
    """A change touches one description in each of so many files, on both sides, and nothing of it stays."""
    before = texts(estate)

    estate.change(2, "Edited once")
    estate.change(2, "Edited twice")
    changed = {name: text for name, text in texts(estate).items() if text != before[name]}
    estate.restore()

    assert len(changed) == 4
    assert all(text.count("Edited twice") == 1 and "once" not in text for text in changed.values())
    assert texts(estate) == before


def test_state_lists_what_is_needed_through_others() -> None:
    """An attachment needs the connectors of its agent: without them Terraform takes the state for an outdated one."""
    state = json.loads(as_state(make_teams(1, seed=7)))
    attachment = next(r for r in state["resources"] if r["name"] == "front_00000_mail_00000")

    assert "terraform_data.model_00000" in attachment["instances"][0]["dependencies"]


def test_zone_has_a_record_for_every_resource() -> None:
    """Ten resources are ten records, in the order that octoDNS insists on."""
    team = make_teams(1, seed=7)[0]
    names = [line for line in as_zone(team).splitlines() if line.endswith(":") and not line.startswith((" ", "-"))]

    assert len(names) == 10
    assert names == sorted(names)


def test_memory_of_children_counts(tmp_path: Path) -> None:
    """Two children that hold 60 MB each at the same time are more than 100 MB."""
    child = "import time; held = b'x' * 60_000_000; time.sleep(1)"
    parent = (
        "import subprocess, sys; "
        f"both = [subprocess.Popen([sys.executable, '-c', {child!r}]) for _ in range(2)]; "
        "[one.wait() for one in both]"
    )

    result = measure([sys.executable, "-c", parent], tmp_path, os.environ, tmp_path / "errors")

    assert result.code == 0
    assert result.peak > 100_000_000


def test_each_figure_has_its_own_median() -> None:
    """One odd run moves neither time nor memory."""
    result = middle([took(1, 30), took(9, 10), took(2, 20)])

    assert (result.seconds, result.peak) == (2, 20)


def say(word: str, folder: Path, turns: int, code: int = 0) -> Run:
    """Make a run that writes its word and leaves with `code`."""
    return Run(word, ["sh", "-c", f"echo {word} >> said; exit {code}"], folder, os.environ, turns)


def test_commands_take_turns(tmp_path: Path) -> None:
    """They alternate as long as both want to run."""
    results = take_turns("g", [say("a", tmp_path, 3), say("b", tmp_path, 2)], FOR_EVER, tmp_path / "errors")

    assert (tmp_path / "said").read_text().split() == ["a", "b", "a", "b", "a"]
    assert {key: len(runs) for key, runs in results.items()} == {"g/a": 3, "g/b": 2}


@pytest.mark.parametrize("patience", [Patience(budget=0, deadline=1e9), Patience(budget=1e9, deadline=0)])
def test_whoever_has_used_up_the_time_runs_once(patience: Patience, tmp_path: Path) -> None:
    """Past a command's budget or past the deadline, one run is enough; none is left out."""
    take_turns("g", [say("a", tmp_path, 3), say("b", tmp_path, 2)], patience, tmp_path / "errors")

    assert (tmp_path / "said").read_text().split() == ["a", "b"]


def test_wrong_exit_is_no_figure(tmp_path: Path) -> None:
    """A command that fails fast must not count as fast."""
    with pytest.raises(Broken, match="exit 3, not 0"):
        take_turns("g", [say("a", tmp_path, 1, code=3)], FOR_EVER, tmp_path / "errors")


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_slope_is_the_exponent(power: float) -> None:
    """What grows as N to some power has that slope."""
    assert slope([(n, 3 * n**power) for n in (10, 100, 1_000)]) == pytest.approx(power)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Versus("v", "noop-10/cold", "noop-10/terraform", 1 / 50, 1 / 75), "met, stretch too"),
        (Versus("v", "noop-10/cold", "noop-10/terraform", 1 / 100), "met"),
        (Versus("v", "noop-10/cold", "noop-10/terraform", 1 / 101), "**missed**"),
        (Versus("v", "noop-10/cold", "noop-10/terraform", 1 / 2, kind="memory"), "**missed**"),
        (Versus("v", "noop-10/cold", "noop-10/terraform"), ""),
        (Slope("s", {10: "noop-10/cold", 100: "noop-100/cold"}, 1.05), "**missed**"),
        (Limit("l", "noop-10/cold", 1_000_000), "met"),
        (Limit("l", "noop-10/cold", 999_999), "**missed**"),
    ],
)
def test_verdicts(question: Question, expected: str) -> None:
    """A target is met up to and with its value."""
    medians = {"noop-10/cold": took(1.0), "noop-10/terraform": took(100.0), "noop-100/cold": took(12.0)}

    assert verdict(question, answer(question, medians)) == expected


def report(results: Mapping[str, list[Measured]], *asked: Question, judged: bool = True) -> str:
    """Write the page for some figures."""
    return as_markdown(FACTS, asked, results, judged=judged)


def test_page_says_what_was_not_measured() -> None:
    """A tool that is missing leaves a line that says so, and no verdict."""
    page = report({"noop-10/cold": [took(1)]}, Versus("no-op", "noop-10/cold", "noop-10/terraform", 1 / 50))

    assert "not measured: noop-10/terraform" in page
    assert "NO TERRAFORM" in page
    assert "met" not in page.split("## Every run")[0].replace("measured", "")


def test_page_leaves_out_what_nobody_asked_for() -> None:
    """With `--only`, the table has the cases that ran."""
    assert "no-op" not in report({}, Versus("no-op", "noop-1000/cold", "noop-1000/terraform", 1 / 50))


def test_small_sizes_are_not_judged() -> None:
    """The targets are for full sizes: a quick run neither meets nor misses them."""
    results = {"noop-10/cold": [took(1)], "noop-10/terraform": [took(2)]}
    asked = Versus("no-op", "noop-10/cold", "noop-10/terraform", 1 / 50)

    assert "missed" in report(results, asked)
    assert "missed" not in report(results, asked, judged=False)


def test_document_holds_every_single_run() -> None:
    """Whoever doubts a median finds what it was made of."""
    document = as_json(FACTS, [], {"noop-10/cold": [took(1), took(3), took(2)]})

    assert [run["seconds"] for run in document["runs"]["noop-10/cold"]] == [1, 3, 2]
    assert document["medians"]["noop-10/cold"]["seconds"] == 2


def test_plot_is_an_image_with_the_slope_in_words() -> None:
    """Both panels have the line and its slope; what is below the smallest size for slopes does not count."""
    medians = {"noop-10/cold": took(5, 10**7), "noop-100/cold": took(1, 10**7), "noop-1000/cold": took(10, 10**8)}

    words = "".join(ET.fromstring(draw(medians, slope_from=100)).itertext())

    assert words.count("our plan, cold, slope 1.00") == 2


def test_every_question_is_about_a_case_that_runs() -> None:
    """No target waits for figures that nobody takes."""
    command = [sys.executable, "-m", "bench", "--list"]
    root = Path(__file__).parents[1]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split()

    assert {key.split("/")[0] for question in questions(FULL) for key in keys(question)} <= set(listed)
