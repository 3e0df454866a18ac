"""Where secret values come from, and how they are sealed and fingerprinted."""

from flametree_cfg.secret.keyring import Keyring, open_keyring
from flametree_cfg.secret.policy import Policy
from flametree_cfg.secret.references import Resolved, resolve_all

__all__ = ["Keyring", "Policy", "Resolved", "open_keyring", "resolve_all"]
