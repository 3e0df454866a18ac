"""octoDNS from the package index, in an environment of its own."""

from __future__ import annotations

import venv
from dataclasses import dataclass
from pathlib import Path

from bench.command import Failed, call, environment, say
from bench.estate import Estate

_RELEASE = "octodns==1.22.0"


@dataclass(frozen=True)
class OctoDns:
    """The installed program and its release."""

    program: str
    version: str

    def dry_run(self, estate: Estate) -> tuple[str, ...]:
        return (self.program, "--config-file", str(estate.zones / "config.yaml"), "--quiet")

    def check(self, estate: Estate) -> None:
        """
        See that its dry run reads every zone and plans nothing.

        Raises:
            Failed: it does not, so that measuring it would compare different things.
        """
        loud = [word for word in self.dry_run(estate) if word != "--quiet"]
        said = call(["sh", "-c", '"$@" 2>&1', "sh", *loud], environment())
        read = said.count("populate:   found 10 records") // 2  # declared and live
        if "No changes were planned" not in said or read != estate.resources // 10:
            raise Failed(f"octoDNS read {read} zones of {estate.resources // 10}, or planned changes:\n{said[-1500:]}")


def find(out: Path) -> OctoDns | None:
    """Install it below `out`, unless it is there; None where the index does not give it."""
    home = out / "octodns"
    if not (home / "bin/octodns-sync").exists():
        say(f"installing {_RELEASE}")
        venv.create(home, with_pip=True, clear=True)
        try:
            call([str(home / "bin/python"), "-m", "pip", "install", "--compile", _RELEASE], environment())
        except Failed as failure:
            say(str(failure))
            return None
    return OctoDns(str(home / "bin/octodns-sync"), _RELEASE.replace("==", " "))
