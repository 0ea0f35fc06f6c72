"""The project's own files, for tests that look at the tree."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IGNORED = {".git", ".venv", "node_modules", "__pycache__", ".weir", "build", "dist"}


def tracked(*patterns: str) -> list[Path]:
    """Relative paths of the files under version control; in a tree without git, of all that are not ignored."""
    git = shutil.which("git")
    if git is not None and (ROOT / ".git").exists():
        done = subprocess.run(
            [git, "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
        )
        found = [Path(name) for name in done.stdout.split("\0") if name]
    else:
        found = [path.relative_to(ROOT) for pattern in patterns or ("*",) for path in ROOT.rglob(pattern)]
    return sorted(path for path in found if (ROOT / path).is_file() and not IGNORED & set(path.parts))
