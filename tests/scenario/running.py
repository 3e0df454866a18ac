"""Run the command line as a person does: another process, a folder, an environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECRETS = {
    "OPENAI_KEY": "sk-canary-0123456789abcdef",
    "OTHER_KEY": "sk-canary-fedcba9876543210",
    "BOT_TOKEN": "123456789:AAHcanaryCANARYcanaryCANARYcanary12",
    "NIGHT_BOT_TOKEN": "987654321:AAHcanaryCANARYcanaryCANARYcanary34",
}


@dataclass
class Zoo:
    """One tenant called `zoo` in a folder of its own, with its ledger and registry beside it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Give the tenant's folder."""
        return self.root / "tenants" / "zoo"

    def declare(self, text: str, file: str = "zoo.yaml") -> None:
        """Write the tenant's YAML."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / file).write_text("tenant: zoo\n" + textwrap.dedent(text), encoding="utf-8")

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one command in the zoo's root; secrets are in its environment."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("FLAMETREE", "CI"))}
        return subprocess.run(
            [sys.executable, "-m", "flametree_cfg", *arguments],
            cwd=self.root,
            env={**kept, **SECRETS, **self.environment, **environment},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )

    def ok(self, *arguments: str, **environment: str) -> str:
        """Run one command that has to end well; gives its standard output."""
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, f"{arguments} ended {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def apply(self, *arguments: str) -> str:
        """Apply without asking."""
        return self.ok("apply", "tenants/zoo", "--yes", *arguments)

    def settled(self) -> bool:
        """Tell whether a plan has nothing to do and no drift is found."""
        planned = self.run("plan", "tenants/zoo", "--detailed-exitcode")
        drifted = self.run("drift", "check", "tenants/zoo")
        return (planned.returncode, drifted.returncode) == (0, 0)

    def cards(self) -> list[dict[str, Any]]:
        """Give what `show` shows, without ids, which differ from registry to registry."""
        cards = json.loads(self.ok("show", "tenants/zoo", "--format", "json"))["cards"]
        return [{key: value for key, value in card.items() if key not in ("platform_id", "id")} for card in cards]
