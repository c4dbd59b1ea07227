"""Programs of Debian's that tests need: taken from the machine, or unpacked into the cache; a browser is installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from streams.embedded.kafka import cache_directory

_CACHE = (Path("/var/cache/evergauge") if os.geteuid() == 0 else cache_directory()) / "debian"
"""As root where everybody may read: the sandbox gives root's rights up before it runs what lies here."""


def program(name: str, package: str) -> str:
    """The path of a program; a test that cannot have it is skipped, and says what is missing."""
    unpacked = _CACHE / package
    for candidate in (shutil.which(name), unpacked / "usr/bin" / name):
        if candidate and Path(candidate).exists():
            return str(candidate)
    if not (_download(package, unpacked) or (os.geteuid() == 0 and _updated() and _download(package, unpacked))):
        lacking(f"{name} is missing: apt-get install {package}")
    return str(unpacked / "usr/bin" / name)


def chromium() -> str:
    """The path of a browser: it needs a hundred libraries, so that it is installed, where one is root."""
    if not shutil.which("chromium") and os.geteuid() == 0 and _updated():
        _ran("apt-get", "-q", "install", "-y", "chromium")
    found = shutil.which("chromium")
    if not found:
        lacking("chromium is missing: apt-get install chromium")
    return str(found)


def lacking(what: str) -> None:
    """Whoever is root can have everything: only others may go without a test, and are told which and why."""
    (pytest.fail if os.geteuid() == 0 else pytest.skip)(what)


def _download(package: str, into: Path) -> bool:
    """Unpacking starts no service, and needs no root."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return False
    into.mkdir(parents=True, exist_ok=True)
    if not _ran("apt-get", "-q", "download", package, cwd=into):
        return False
    return all(_ran("dpkg-deb", "-x", str(file), str(into), cwd=into) for file in into.glob("*.deb"))


def _updated() -> bool:
    return _ran("apt-get", "-q", "update")


def _ran(*command: str, cwd: Path | None = None) -> bool:
    return subprocess.run(command, cwd=cwd, capture_output=True, timeout=300, check=False).returncode == 0
