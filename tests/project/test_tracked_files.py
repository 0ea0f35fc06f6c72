"""No tracked file names a registry's host or a path of somebody's machine."""

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


def test_every_file_is_free_of_hosts_and_machine_paths() -> None:
    found = [
        (str(path), word)
        for path in tracked()
        for text in [(ROOT / path).read_bytes().decode("utf-8", "replace")]
        for word in FORBIDDEN
        if word in text
    ]
    assert found == []
