"""Explain types, and give the schema that editors use."""

from __future__ import annotations

from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.schema import Explanation, dump_tenant_schema
from flametree_cfg.schema import explain as explain_type


def explain(target: str, options: Options) -> Explanation:
    """
    Say what a kind or a type may declare: `connector`, `connector/llm`, `agent`.

    Raises:
        WrongUsage: there is no such kind or type.
    """
    with Session(options) as session:
        return explain_type(session.catalog, target)


def tenant_schema(options: Options) -> str:
    """Give the JSON Schema of a tenant's YAML, extra types included."""
    with Session(options) as session:
        return dump_tenant_schema(session.catalog)
