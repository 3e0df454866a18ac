"""Which kind of filesystem a file is on."""

from __future__ import annotations

import os
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
"""Linux only; elsewhere there is no cheap way to ask, and every filesystem counts as local."""

ALLOW = "FLAMETREE_ALLOW_NETWORK_FILESYSTEM"

# fmt: off  # one name a line would be longer than the module
_NETWORK = frozenset(
    {
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "fuse",
        "fuseblk",
        "gfs2",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "orangefs",
        "prl_fs",
        "pvfs2",
        "smb2",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
        "vmhgfs",
    }
)
# fmt: on


def kind_of_device(mountinfo: str, device: int) -> str:
    """Find the filesystem's name for a device number in the text of `mountinfo`; empty if it is not there."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in mountinfo.splitlines():
        fields = line.split(" ")
        if len(fields) > 2 and fields[2] == wanted:
            return line.partition(" - ")[2].partition(" ")[0]
    return ""


def network_kind(folder: Path) -> str:
    """
    Name the network filesystem a folder is on.

    Locks and shared memory do not work there as SQLite needs them. FUSE counts: what is behind it cannot be known.

    Returns:
        `nfs4`, `fuse.sshfs` …; empty for a local filesystem or where it cannot be told.

    Source: reliability.md S-07.
    """
    try:
        kind = kind_of_device(MOUNTS.read_text(encoding="utf-8", errors="replace"), folder.stat().st_dev)
    except OSError:
        return ""
    return kind if kind in _NETWORK or kind.startswith("fuse.") else ""


def network_allowed() -> bool:
    """Tell whether the operator takes the risk."""
    return os.environ.get(ALLOW) == "1"
