"""The only comparison in the house: two resources, field by field. Knows nothing about order or platforms."""

from flametree_cfg.diff.comparing import (
    COMPOUND,
    WITH_SECRETS,
    Change,
    Difference,
    compare,
    detail,
    immutable_change,
    key_id,
    same,
)
from flametree_cfg.diff.glance import agrees, fields_agree
from flametree_cfg.diff.patching import fill_secrets, patch

__all__ = [
    "COMPOUND",
    "WITH_SECRETS",
    "Change",
    "Difference",
    "agrees",
    "compare",
    "detail",
    "fields_agree",
    "fill_secrets",
    "immutable_change",
    "key_id",
    "patch",
    "same",
]
