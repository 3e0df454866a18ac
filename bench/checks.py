"""Check many connectors, as a program of its own: TYPE-FILE PER-HOST PORT…; ends with 1 unless every dot is green."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from flametree_cfg.probe import Request, check_all, make_policy

type_file, each, *ports = sys.argv[1:]
check = json.loads(Path(type_file).read_text())["x-check"]
results = check_all(
    [
        Request(
            f"connector.m-{port}-{number}",
            "llm",
            check,
            {"api_url": f"http://127.0.0.1:{port}/v1", "access_token": "sk-bench-000000", "model_name": "m-1"},
            ("sk-bench-000000",),
        )
        for number in range(int(each))
        for port in ports
    ],
    make_policy(["127.0.0.1"]),
)
said = Counter((result.health.value, result.finding.value) for result in results)
print(said, file=sys.stderr)
sys.exit(any(health != "healthy" for health, _ in said))
