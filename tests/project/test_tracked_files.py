"""No tracked file names a registry's host or a path of somebody's machine."""

from pathlib import Path

import pytest

from tests.support.tree import ROOT, tracked

# Put together here, so that this file does not name them either.
HOSTS = [
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("registry", "npmjs"),
    ("deb", "debian"),
    ("proxy", "golang"),
]
PATHS = [("work", "main"), ("work", "shared"), ("opt", "pypi"), ("root", ".pyenv")]
FORBIDDEN = [".".join(words) for words in HOSTS] + ["/".join(("", *words, "")) for words in PATHS]


@pytest.mark.parametrize("path", tracked(), ids=str)
def test_a_file_is_free_of_hosts_and_machine_paths(path: Path) -> None:
    text = (ROOT / path).read_bytes().decode("utf-8", "replace")
    assert [word for word in FORBIDDEN if word in text] == []
