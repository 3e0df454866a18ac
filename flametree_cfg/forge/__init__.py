"""GitHub and GitLab: comments, issues, and the repository that `init` makes for them. Imports nothing heavy."""

from flametree_cfg.forge._port import Forge, Note, PullRequest
from flametree_cfg.forge.facts import Facts, read_facts
from flametree_cfg.forge.failure import ForgeFailed, NotApproved
from flametree_cfg.forge.marker import NAME, Marker, find_marker
from flametree_cfg.forge.occasion import Occasion, find_pull_request, occasion
from flametree_cfg.forge.opening import KINDS, Door, find_kind, find_token, open_forge
from flametree_cfg.forge.retrying import Patience
from flametree_cfg.forge.scaffolding import Scaffolded, scaffold
from flametree_cfg.forge.settling import Settled, approved_digest, settle_comment, settle_issue
from flametree_cfg.forge.text import FACTS_BYTES, REPORT_BYTES, read_report, trusted_text, untrusted_text

__all__ = [
    "FACTS_BYTES",
    "KINDS",
    "NAME",
    "REPORT_BYTES",
    "Door",
    "Facts",
    "Forge",
    "ForgeFailed",
    "Marker",
    "NotApproved",
    "Note",
    "Occasion",
    "Patience",
    "PullRequest",
    "Scaffolded",
    "Settled",
    "approved_digest",
    "find_kind",
    "find_marker",
    "find_pull_request",
    "find_token",
    "occasion",
    "open_forge",
    "read_facts",
    "read_report",
    "scaffold",
    "settle_comment",
    "settle_issue",
    "trusted_text",
    "untrusted_text",
]
