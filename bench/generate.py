"""Write the same estate as flametree YAML and as Terraform: `python bench/generate.py OUT --resources 10000`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from corpus import RESOURCES_PER_TEAM, Team, make_teams
from hcl import as_hcl, as_state
from yaml_text import as_yaml


def main() -> None:
    options = _options()
    secrets: dict[str, str] = {}
    teams_per_tenant = options.resources // RESOURCES_PER_TEAM // options.tenants
    for index in range(options.tenants):
        tenant = f"estate-{index:03}"
        teams = make_teams(teams_per_tenant, options.seed + index)
        files = list(_split(teams, options.files // options.tenants))
        _write(options.out / "tenants" / tenant, ".yaml", [as_yaml(tenant, part) for part in files])
        root = options.out / "terraform" / tenant
        _write(root, ".tf", [as_hcl(part) for part in files])
        (root / "terraform.tfstate").write_text(as_state(teams))
        secrets |= {name: value for team in teams for name, value in team.secrets.items()}
    (options.out / "secrets.json").write_text(json.dumps(secrets))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--tenants", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def _split(teams: list[Team], files: int) -> Iterator[list[Team]]:
    """Deal teams to files in order, as evenly as it goes."""
    for index in range(files):
        yield teams[index * len(teams) // files : (index + 1) * len(teams) // files]


def _write(folder: Path, ending: str, texts: list[str]) -> None:
    folder.mkdir(parents=True)
    for index, text in enumerate(texts):
        (folder / f"team-{index:04}{ending}").write_text(text)


if __name__ == "__main__":
    main()
