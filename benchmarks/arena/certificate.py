"""A certificate for this machine, made for one run: trusted by the contenders, by nobody else, and gone afterwards."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def available() -> bool:
    """Tell whether a certificate can be made."""
    return shutil.which("openssl") is not None


def make(folder: Path) -> Path:
    """Make a self-signed certificate for 127.0.0.1; the file holds its key, too."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    made_by = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    about = ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(
        [*made_by, *about, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True, timeout=30
    )
    both = folder / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    return both
