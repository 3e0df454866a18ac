"""What changes do to running things and to whom they serve. Knows nothing about order."""

from flametree_cfg.impact.restarts import (
    agents_to_restart,
    attached,
    channel_restarts,
    lifecycle_of,
    why_restarted,
)

__all__ = ["agents_to_restart", "attached", "channel_restarts", "lifecycle_of", "why_restarted"]
