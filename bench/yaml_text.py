"""Write teams as the YAML a person would write: block style, comments, quotes only where needed."""

from __future__ import annotations

import json
import re
from typing import Any

from bench.corpus import Team

_PLAIN = re.compile(r"[A-Za-z$][A-Za-z0-9 ./:_{}$@-]*")


def as_yaml(tenant: str, teams: list[Team]) -> str:
    lines = ["# yaml-language-server: $schema=../../schemas/tenant.json", f"tenant: {tenant}"]
    for section in ("connectors", "channels", "agents"):
        lines += ["", f"{section}:"]
        for team in teams:
            lines.append(f"  # {team.purpose}: {team.reason}")
            for key, body in getattr(team, section).items():
                lines += [f"  {key}:", *_block(body, "    ")]
    return "\n".join(lines) + "\n"


def _block(body: dict[str, Any], indent: str) -> list[str]:
    lines = []
    for key, value in body.items():
        if isinstance(value, dict) and value:
            lines += [f"{indent}{key}:", *_block(value, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines.append(f"{indent}{key}:")
            for item in value:
                first, *rest = _block(item, indent + "    ")
                lines += [f"{indent}  - {first.strip()}", *rest]
        else:
            lines.append(f"{indent}{key}: {_scalar(value)}")
    return lines


def _scalar(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_scalar(item) for item in value)}]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and ": " not in value:
        return value
    return json.dumps(value)
