"""What the cases work with: the installed tools, the estates, and how often to run what; made when first asked for."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from bench import hosts, octodns, ours, postgres, terraform
from bench.command import call, environment, say
from bench.estate import Estate, write_estate
from bench.sizes import Sizes


@dataclass
class Shop:
    """
    Tools and estates of one run of the bench.

    Attributes:
        out: the folder of everything that is made.
        skipped: what could not be compared, for the report.
    """

    out: Path
    sizes: Sizes
    seed: int
    skipped: list[str] = field(default_factory=list)
    _estates: dict[tuple[int, int], Estate] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def ours(self) -> ours.Ours:
        tool = ours.install(self.out)
        if not tool.no_cache:
            self.skip("NO --no-cache YET: a run is made cold by deleting .flametree/cache")
        return tool

    @cached_property
    def terraform(self) -> terraform.Terraform | None:
        found = terraform.find()
        if found is None:
            self.skip("NO TERRAFORM: no binary on PATH, so there is nothing to compare with")
        return found

    @cached_property
    def octodns(self) -> octodns.OctoDns | None:
        found = octodns.find(self.out)
        if found is None:
            self.skip("NO OCTODNS: the package index did not give it")
        return found

    @cached_property
    def postgres(self) -> postgres.Server | None:
        programs = postgres.find_programs()
        if programs is None:
            self.skip("NO POSTGRESQL: no server on this machine, so Terraform's pg backend is not compared")
            return None
        return self._open.enter_context(postgres.serve(programs))

    @cached_property
    def hosts(self) -> list[int]:
        """Give the ports of providers to check, the slow one's first."""
        return self._open.enter_context(hosts.running())

    def skip(self, what: str) -> None:
        """Say aloud, and again in the report, what is left out."""
        say(what)
        self.skipped.append(what)

    def estate(self, resources: int, tenants: int = 1) -> Estate:
        """Give an estate without changes; whether it was applied is left as it is."""
        key = (resources, tenants)
        if key not in self._estates:
            others = tenants == 1 and resources <= self.sizes.middle
            root = self.out / f"estates/{resources}-{tenants}"
            self._estates[key] = write_estate(root, resources, tenants, self.seed, others=others)
        self._estates[key].restore()
        return self._estates[key]

    def applied(self, resources: int, tenants: int = 1) -> Estate:
        """Give an estate that is applied."""
        estate = self.estate(resources, tenants)
        if not estate.applied.exists():
            say(f"applying {resources:,} resources, not measured")
            estate.store.mkdir(mode=0o700, exist_ok=True)
            call([self.ours.program, "apply", "tenants", "--yes"], self.env(estate), cwd=estate.root)
            estate.applied.touch()
        return estate

    def env(self, estate: Estate) -> dict[str, str]:
        """Give the environment of our own runs."""
        secrets: dict[str, str] = json.loads(estate.secrets.read_text())
        # The estates' providers do not exist. A variable, as an older program would refuse the flag.
        return environment() | secrets | {"FLAMETREE_VERIFY": "0"}

    def close(self, *, keep: bool) -> None:
        """End what was started and delete the estates."""
        self._open.close()
        if not keep:
            shutil.rmtree(self.out / "estates", ignore_errors=True)

    def tools(self) -> dict[str, str]:
        """Name the releases that were used; asks for no tool that no case needed."""
        made = [self.__dict__.get(name) for name in ("ours", "terraform", "octodns", "postgres")]
        return {type(tool).__name__: tool.version for tool in made if tool}
