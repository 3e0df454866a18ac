"""An estate on the disk: the same teams as flametree YAML, Terraform and octoDNS zones."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.command import ROOT, call, environment, say
from bench.corpus import RESOURCES_PER_TEAM, Team, make_teams
from bench.dns import write_zones
from bench.hcl import as_hcl, as_state
from bench.yaml_text import as_yaml

_DESCRIPTION = re.compile(rb"^( *description(?:: | = \"))[^\"\n]*", re.MULTILINE)


@dataclass(frozen=True)
class Estate:
    """Where it lies and how large it is; every ten resources have a file."""

    root: Path
    resources: int
    tenants: int
    originals: dict[Path, bytes] = field(default_factory=dict)

    @property
    def terraform(self) -> Path:
        return self.root / "terraform"

    @property
    def state(self) -> Path:
        return self.root / "applied.tfstate"

    @property
    def zones(self) -> Path:
        return self.root / "zones"

    @property
    def store(self) -> Path:
        """Ours: ledger, registry, key and cache."""
        return self.root / ".flametree"

    @property
    def secrets(self) -> Path:
        """The environment that its references need, as JSON."""
        return self.root / "secrets.json"

    @property
    def applied(self) -> Path:
        """Is there if the store was filled to the end."""
        return self.root / "applied"

    def clear(self) -> None:
        """Go back to where nothing was ever applied."""
        self.applied.unlink(missing_ok=True)
        shutil.rmtree(self.store, ignore_errors=True)
        self.store.mkdir(mode=0o700)

    def forget(self) -> None:
        """Delete what we cached."""
        shutil.rmtree(self.store / "cache", ignore_errors=True)

    def change(self, files: int, word: str) -> None:
        """Write another description into the first resource of so many files, for us and for Terraform."""
        for folder in (self.root / "tenants/estate-0000", self.terraform):
            for path in sorted(folder.glob("team-*"))[:files]:
                before = self.originals.setdefault(path, path.read_bytes())
                path.write_bytes(_DESCRIPTION.sub(rb"\g<1>" + word.encode(), before, count=1))

    def restore(self) -> None:
        """Take every change back."""
        for path, before in self.originals.items():
            path.write_bytes(before)
        self.originals.clear()


def write_estate(root: Path, resources: int, tenants: int, seed: int, *, others: bool) -> Estate:
    """
    Write an estate, with the shapes of other tools or without.

    In another process: what this one ever used would count as the memory of every child.
    """
    say(f"writing {resources:,} resources of {tenants:,} tenants")
    shutil.rmtree(root, ignore_errors=True)
    sizes = [
        "--resources",
        str(resources),
        "--tenants",
        str(tenants),
        "--seed",
        str(seed),
        *(["--others"] if others else []),
    ]
    call([sys.executable, "-m", "bench.estate", str(root), *sizes], environment(), cwd=ROOT)
    return Estate(root, resources, tenants)


def main() -> None:
    """Write the estate that the command line describes: `python -m bench.estate OUT --resources 10000`."""
    options = _options()
    secrets: dict[str, str] = {}
    teams_per_tenant = options.resources // RESOURCES_PER_TEAM // options.tenants
    files = (options.files or options.resources // RESOURCES_PER_TEAM) // options.tenants
    for index in range(options.tenants):
        tenant = f"estate-{index:04}"
        teams = make_teams(teams_per_tenant, options.seed + index, index * teams_per_tenant)
        parts = list(_split(teams, files))
        _write(options.out / "tenants" / tenant, ".yaml", [as_yaml(tenant, part) for part in parts])
        if options.others and options.tenants == 1:
            _write(options.out / "terraform", ".tf", [as_hcl(part) for part in parts])
            (options.out / "applied.tfstate").write_text(as_state(teams))
            write_zones(options.out / "zones", teams)
        secrets |= {name: value for team in teams for name, value in team.secrets.items()}
    (options.out / "secrets.json").write_text(json.dumps(secrets))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--files", type=int, help="one for every ten resources, if not said")
    parser.add_argument("--tenants", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--others", action="store_true", help="of one tenant: for Terraform and octoDNS too")
    return parser.parse_args()


def _split(teams: list[Team], files: int) -> Iterator[list[Team]]:
    """Deal teams to files in order, as evenly as it goes."""
    for index in range(files):
        yield teams[index * len(teams) // files : (index + 1) * len(teams) // files]


def _write(folder: Path, ending: str, texts: list[str]) -> None:
    folder.mkdir(parents=True)
    for index, text in enumerate(texts):
        (folder / f"team-{index:05}{ending}").write_text(text)


if __name__ == "__main__":
    main()
