"""A tenant whose providers are real servers on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.probe.provider import KEY, MODEL, Provider
from tests.scenario.running import Zoo

ALLOWED = {"FLAMETREE_VERIFY": "1", "FLAMETREE_ALLOW_ADDRESS": "127.0.0.1"}
GOOD, BAD = "GOOD_KEY", "BAD_KEY"
WRONG = "sk-wrong-0123456789-canary"  # of nobody either


class World(Zoo):
    """A zoo and the provider that its models name."""

    def __init__(self, root: Path, provider: Provider) -> None:
        super().__init__(root, {**ALLOWED, GOOD: KEY, BAD: WRONG})
        self.provider = provider

    def models(self, more: str = "", **models: str) -> None:
        """Declare models: `a="/v1"` answers with the right key, `b="/v1 BAD_KEY"` is asked with another."""
        lines = ["connectors:"] if models else []
        for key, said in models.items():
            path, _, reference = said.partition(" ")
            lines += model(key, path if "://" in path else self.provider.url(path), reference or GOOD)
        self.declare("\n".join(lines) + "\n" + more)

    def checks(self, *arguments: str, code: int = 0) -> dict[str, dict[str, Any]]:
        """Run `check`; gives what was found by address."""
        import json

        done = self.run("check", "tenants/zoo", *arguments, "--format", "json")
        assert done.returncode == code, done.said
        return {one["address"]: one for one in json.loads(done.stdout)["tenants"][0]["checks"]}

    def health(self) -> dict[str, str]:
        """Give every connector's health as `status` shows it."""
        listed = self.document("status", "tenants/zoo")["connectors"]
        return {one["address"]: one["health"] for one in listed}


def model(key: str, url: str, reference: str = GOOD, name: str = MODEL) -> list[str]:
    """Write one language model."""
    return [
        f"  {key}:",
        "    type: llm",
        f"    name: Model {key}",
        "    settings:",
        f"      api_url: {url}",
        f"      access_token: ${{env:{reference}}}",
        f"      model_name: {name}",
        "      temperature: 0.3",
    ]
