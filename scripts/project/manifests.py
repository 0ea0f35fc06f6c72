"""``make manifests``: writes k8s/manifests/install.yaml, the nodeport overlay as one file, with ``kubectl kustomize``.

A test compares; it needs kubectl 1.27 or newer, as this does.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MANIFESTS = Path(__file__).resolve().parents[2] / "k8s" / "manifests"
HEAD = """\
# The whole gateway as one file: kubectl apply -f install.yaml (docs/deploy/kubernetes.md).
# Generated from overlays/nodeport: make manifests
"""


def install(kubectl: str = "kubectl") -> str:
    """Raises OSError without kubectl, CalledProcessError with its words where it refuses."""
    return HEAD + rendered(MANIFESTS / "overlays" / "nodeport", kubectl)


def rendered(folder: Path, kubectl: str = "kubectl") -> str:
    command = [kubectl, "kustomize", str(folder)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


def main() -> int:
    try:
        text = install()
    except OSError as error:
        print(f"make manifests: kubectl is needed: {error}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        print(f"make manifests: {error.stderr}", file=sys.stderr)
        return 1
    (MANIFESTS / "install.yaml").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
