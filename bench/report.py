"""The figures as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.measure import Measured, middle
from bench.questions import Kind, Limit, Medians, Question, Slope, Versus, answer, figure, keys

Results = Mapping[str, Sequence[Measured]]

_NAMES = {
    "terraform": "Terraform",
    "terraform-pg": "Terraform, state in PostgreSQL",
    "octodns": "octoDNS dry run",
    "python": "`python -c pass`",
    "one-cold": "one tenant as large",
    "plan": "the same plan as text",
    "slowest": "the slow host's 20 alone",
    "tenth": "50 checks",
}
_METHOD = """\
Medians; the commands of a case take turns. Time is the wall's. Memory is the peak of the whole process tree, sampled
every 20 ms, oftener in the first 0.2 s: resident set (RSS) of a single process, proportional sets (PSS) of several, and
the kernel's own mark (`ru_maxrss`) where that is higher. Ours is the built wheel, byte-compiled, in an environment of
its own. Cold: nothing cached by us; the system's file cache is warm for everybody. Terraform: `terraform_data` with
objects as input and references, its plans without lock on a state written as an apply would leave it. octoDNS: as many
records, ten a zone and file, a folder of YAML on both sides."""


def as_markdown(facts: Mapping[str, Any], asked: Sequence[Question], results: Results, *, judged: bool) -> str:
    """Write the page: answers, every run, the floor, how it was measured."""
    medians = {key: middle(runs) for key, runs in results.items() if runs}
    lines = ["# What the bench measured", "", f"![time and memory against N]({facts['plot']})", ""]
    lines += [
        "| case | ours s | MB | compared with | s | MB | ratio | target | |",
        "|---|--:|--:|---|--:|--:|--:|--:|---|",
    ]
    lines += [_answer(question, medians, judged=judged) for question in asked if _wanted(question, facts["groups"])]
    lines += ["", "## Every run", "", "| run | times | median s | least | most | CPU s | MB |", "|---|" + "--:|" * 6]
    lines += [_run(key, results[key], medians[key]) for key in medians]
    lines += _floor(facts["floor"])
    lines += ["", "## How", "", _METHOD, "", *(f"- {text}" for text in _circumstances(facts))]
    return "\n".join(lines) + "\n"


def as_json(facts: Mapping[str, Any], asked: Sequence[Question], results: Results) -> dict[str, Any]:
    """Give the same as data, every single run included."""
    medians = {key: middle(runs) for key, runs in results.items() if runs}
    answers = [
        asdict(question) | {"question": type(question).__name__.lower(), "answer": answer(question, medians)}
        for question in asked
        if all(key in medians for key in keys(question))
    ]
    return {
        "format_version": 1,
        **facts,
        "answers": answers,
        "medians": {key: asdict(one) for key, one in medians.items()},
        "runs": {key: [asdict(one) for one in runs] for key, runs in results.items()},
    }


def verdict(question: Question, found: float) -> str:
    """Say whether a target was met; nothing where there is none."""
    if question.at_most is None:
        return ""
    if isinstance(question, Versus) and question.stretch and found <= question.stretch:
        return "met, stretch too"
    return "met" if found <= question.at_most else "**missed**"


def _wanted(question: Question, ran: Sequence[str]) -> bool:
    return all(key.split("/")[0] in ran for key in keys(question))


def _answer(question: Question, medians: Medians, *, judged: bool) -> str:
    missing = [key for key in keys(question) if key not in medians]
    if missing:
        return f"| {question.case} | | | | | | | {_target(question)} | not measured: {', '.join(missing)} |"
    found = answer(question, medians)
    end = verdict(question, found) if judged else "not judged at this size" * (question.at_most is not None)
    return f"| {question.case} | {' | '.join(_cells(question, medians, found))} | {_target(question)} | {end} |"


def _cells(question: Question, medians: Medians, found: float) -> list[str]:
    match question:
        case Versus():
            theirs = _NAMES.get(question.theirs.split("/")[1], question.theirs)
            return [*_both(medians[question.ours]), theirs, *_both(medians[question.theirs]), _share(found)]
        case Slope():
            series = " → ".join(_plain(figure(medians[key], question.kind), question.kind) for key in keys(question))
            return [series, "", f"N = {' → '.join(f'{n:,}' for n in question.points)}", "", "", f"slope {found:.2f}"]
        case Limit():
            return [*_both(medians[question.ours]), "", "", "", f"{found / 1e6:.0f} MB"]


def _target(question: Question) -> str:
    match question:
        case Limit():
            return f"≤ {question.at_most / 1e6:.0f} MB"
        case Slope():
            return f"≤ {question.at_most}" if question.at_most else ""
        case Versus(at_most=None):
            return ""
        case Versus():
            stretch = f" ({_share(question.stretch)})" if question.stretch else ""
            return f"≤ {_share(question.at_most or 0)}{stretch}"


def _both(measured: Measured) -> tuple[str, str]:
    return f"{measured.seconds:.3f}", f"{measured.peak / 1e6:.0f}"


def _plain(value: float, kind: Kind) -> str:
    return f"{value:.2f}" if kind == "time" else f"{value / 1e6:.0f} MB"


def _share(part: float) -> str:
    """Write a ratio as people say it: 1/50, or 3.6 times."""
    if part < 1:
        return f"1/{1 / part:.0f}" if part < 0.1 else f"1/{1 / part:.1f}".removesuffix(".0")
    return f"{part:.1f}".removesuffix(".0") + " times"


def _run(key: str, runs: Sequence[Measured], median: Measured) -> str:
    times = [one.seconds for one in runs]
    spread = f"{median.seconds:.3f} | {min(times):.3f} | {max(times):.3f}"
    return f"| {key} | {len(runs)} | {spread} | {median.cpu:.3f} | {median.peak / 1e6:.0f} |"


def _floor(floor: Mapping[str, Any] | None) -> list[str]:
    if not floor:
        return []
    lines = ["", f"## The floor, {floor['resources']:,} resources in {floor['files']:,} files", ""]
    lines += ["| step | how much | seconds |", "|---|--:|--:|"]
    return lines + [
        f"| {step['name']} | {step['count']:,} {step['of']} | {step['seconds']:.3f} |" for step in floor["steps"]
    ]


def _circumstances(facts: Mapping[str, Any]) -> list[str]:
    tools = ", ".join(facts["tools"].values())
    machine = ", ".join(f"{name} {value}" for name, value in facts["machine"].items())
    return [tools, machine, f"took {facts['minutes']:.1f} minutes, seed {facts['seed']}", *facts["skipped"]]
