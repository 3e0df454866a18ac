"""
Compare flametree-cfg with Terraform on the same estate, and its start with Python's own: `make bench`.

Both sides are asked for the same: read every file, compare with what is stored and say that nothing changed. Ours
also reads its live platform and fingerprints every secret. Each run is a new process without any cache of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

from measure import Measured, measure, middle, together

ROOT = Path(__file__).parents[1]
OUT = ROOT / "bench/out"
BIN = OUT / "venv/bin"
PIP_INSTALL = (str(BIN / "python"), "-m", "pip", "install")
START_RUNS = 15  # short runs are noisy
OUR_RUNS = 5
TERRAFORM_RUNS = 3


def main() -> None:
    options = _options()
    estate = OUT / "estate"
    env = _environment()
    _install(env)
    _generate(estate, options)
    env |= json.loads((estate / "secrets.json").read_text())
    ours = _measure_ours(estate, env)
    theirs = None if options.no_terraform else _measure_terraform(estate, env, 1 if options.quick else TERRAFORM_RUNS)
    print(_report(options, ours, theirs, _measure_start(env)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="1,000 resources in 100 files, Terraform once")
    parser.add_argument("--resources", type=int)
    parser.add_argument("--files", type=int)
    parser.add_argument("--no-terraform", action="store_true")
    options = parser.parse_args()
    options.resources = options.resources or (1_000 if options.quick else 10_000)
    options.files = options.files or options.resources // 10
    return options


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _environment() -> dict[str, str]:
    """Take this environment without what would make either side slow or find another ledger."""
    dropped = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONUNBUFFERED", "VIRTUAL_ENV"}
    kept = {k: v for k, v in os.environ.items() if k not in dropped and not k.startswith(("FLAMETREE_", "TF_"))}
    return kept | {"CHECKPOINT_DISABLE": "1"}  # Terraform would ask the network for newer versions


def _install(env: Mapping[str, str]) -> None:
    """Install the built wheel into an environment of its own, byte-compiled, as a user has it."""
    _say("building the wheel and installing it")
    wheels = OUT / "dist"
    shutil.rmtree(wheels, ignore_errors=True)
    _call([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), str(ROOT)], env)
    if not BIN.exists():
        venv.create(OUT / "venv", with_pip=True)
        _call(
            [str(BIN / "python"), "-m", "pip", "install", "--require-hashes", "-r", str(ROOT / "requirements.lock")],
            env,
        )
    _call([*PIP_INSTALL, "--no-deps", "--no-index", "--force-reinstall", str(next(wheels.glob("*.whl")))], env)


def _generate(estate: Path, options: argparse.Namespace) -> None:
    """Write the estate in another process: a child's memory counts from its parent's."""
    _say(f"writing {options.resources:,} resources in {options.files:,} files")
    shutil.rmtree(estate, ignore_errors=True)
    sizes = ["--resources", str(options.resources), "--files", str(options.files)]
    _call([sys.executable, str(ROOT / "bench/generate.py"), str(estate), *sizes], os.environ)


def _call(command: Sequence[str], env: Mapping[str, str], expected: int = 0) -> None:
    result = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if result.returncode != expected:
        sys.exit(f"exit {result.returncode}: {' '.join(command)}\n{result.stdout[-2000:]}\n{result.stderr[-2000:]}")


def _repeat(runs: int, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Measured:
    """Measure a command that must end with 0; medians of time and of peak memory."""
    results = [measure(command, cwd, env) for _ in range(runs)]
    if any(result.code for result in results):
        sys.exit(f"exit {[result.code for result in results]}: cd {cwd} && {' '.join(command)}")
    return middle(results)


def _measure_ours(estate: Path, env: Mapping[str, str]) -> dict[str, Measured]:
    tool = str(BIN / "flametree-cfg")
    (estate / ".flametree").mkdir(mode=0o700)
    _say("flametree-cfg apply, once")
    applied = _repeat(1, [tool, "apply", "tenants", "--yes"], estate, env)
    _say(f"flametree-cfg validate and plan, {OUR_RUNS} times")
    return {
        "validate": _repeat(OUR_RUNS, [tool, "validate", "tenants"], estate, env),
        "plan": _repeat(OUR_RUNS, [tool, "plan", "tenants", "--detailed-exitcode"], estate, env),
        "apply": applied,
    }


def _measure_terraform(estate: Path, env: Mapping[str, str], runs: int) -> Measured | None:
    terraform = shutil.which("terraform")
    if terraform is None:
        _say("NO TERRAFORM: no binary on PATH, so there is nothing to compare with")
        return None
    _say(f"terraform plan, {runs} times; this is the slow part")
    # Exit 0 under -detailed-exitcode also proves that the written state is the one an apply would leave.
    command = [terraform, "plan", "-input=false", "-lock=false", "-no-color", "-detailed-exitcode"]
    results = [_repeat(runs, command, root, env) for root in sorted((estate / "terraform").iterdir())]
    return together(results)


def _measure_start(env: Mapping[str, str]) -> dict[str, Measured]:
    """Take turns, so that a busy moment of the machine hits both."""
    _say(f"start-up, {START_RUNS} times")
    commands = {
        "python -c pass": [str(BIN / "python"), "-c", "pass"],
        "flametree-cfg --help": [str(BIN / "flametree-cfg"), "--help"],
    }
    turns = [{name: _repeat(1, command, OUT, env) for name, command in commands.items()} for _ in range(START_RUNS)]
    return {name: middle([turn[name] for turn in turns]) for name in commands}


def _report(
    options: argparse.Namespace,
    ours: Mapping[str, Measured],
    theirs: Measured | None,
    start: Mapping[str, Measured],
) -> str:
    both = together([ours["validate"], ours["plan"]])
    lines = [
        f"{options.resources:,} resources in {options.files:,} files; medians",
        "",
        "| run | seconds | CPU s | peak MB | of Terraform's time | of its memory |",
        "|---|---|---|---|---|---|",
        _row("flametree-cfg validate", ours["validate"], theirs),
        _row("flametree-cfg plan, no changes", ours["plan"], theirs),
        _row("flametree-cfg validate + plan", both, theirs),
        _row("flametree-cfg apply, once, from nothing", ours["apply"], None),
    ]
    if theirs:
        lines.append(_row("terraform plan, no changes", theirs, theirs))
    python, our_help = start["python -c pass"], start["flametree-cfg --help"]
    lines += ["", "| start | ms | times Python's |", "|---|---|---|"]
    lines += [f"| {n} | {m.seconds * 1000:.0f} | {m.seconds / python.seconds:.1f} |" for n, m in start.items()]
    lines += ["", f"`--help` takes {our_help.seconds / python.seconds:.1f} times `python -c pass`."]
    return "\n".join(lines)


def _row(name: str, measured: Measured, other: Measured | None) -> str:
    ratios = ("-", "-") if other is None else (_part(measured.seconds, other.seconds), _part(measured.peak, other.peak))
    figures = f"{measured.seconds:.2f} | {measured.cpu:.2f} | {measured.peak / 1e6:.0f}"
    return f"| {name} | {figures} | {ratios[0]} | {ratios[1]} |"


def _part(ours: float, theirs: float) -> str:
    return "1" if ours == theirs else f"1/{theirs / ours:.0f}" if theirs > ours else f"{ours / theirs:.1f}"


if __name__ == "__main__":
    main()
