"""The node's part in the health of targets: checks, whose prober the cluster elects, and evidence that nodes share.

* **check**: one target with what is asked of it; the workers say which ones their version has;
* **result**: what a prober found, and the verdict that follows;
* **evidence**: good answers and failures of a second, of targets that somebody suspects.

Files, in reading order: ``check``, ``probe``, ``verdict``, ``turns``, ``evidence``, ``knowledge``, ``service``.
"""
