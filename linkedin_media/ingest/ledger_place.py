"""Where an SQLite ledger may be: in a folder that is there, on a disk of this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ..errors import LedgerUnusable

_NETWORK: Final = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "fuse.sshfs", "fuse.davfs"),
        *("ceph", "fuse.ceph-fuse", "fuse.glusterfs", "lustre", "gpfs", "beegfs", "fuse.juicefs"),
        *("fuse.s3fs", "fuse.gcsfuse", "fuse.rclone"),
    }
)


def check_place(path: Path) -> None:
    """Make sure that a ledger can be made or written at a path.

    Raises:
        LedgerUnusable: It cannot.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise LedgerUnusable(f"{path}: there is no folder {folder}", hint="make it first")
    kind = _file_system(folder)
    if kind in _NETWORK:
        raise LedgerUnusable(
            f"{path} is on a network file system ({kind}), where SQLite's locks cannot be relied on",
            hint="put the ledger on a local disk, or use a PostgreSQL URL",
        )
    if not os.access(path if path.exists() else folder, os.W_OK) or (path.exists() and not path.is_file()):
        raise LedgerUnusable(f"{path} cannot be written", hint="check its permissions")


def _file_system(folder: Path) -> str:
    """Return the type of the file system that holds `folder`, "" where the system does not say."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    real, best, kind = str(folder.resolve()), "", ""
    for mount in mounts:
        left, _, right = mount.partition(" - ")
        point = left.split(" ")[4].replace("\\040", " ")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, right.split(" ")[0]

    return kind
