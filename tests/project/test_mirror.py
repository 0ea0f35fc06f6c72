"""Every module has its test module at the mirrored place, or its folder has one; what is exempt says why."""

from pathlib import Path

from tests.support.tree import ROOT, tracked

SOURCES = ("weir", "edge", "admin_api", "auth", "scripts", "demo")

EXEMPT = {
    "weir/models": "objects without behaviour; their forms are tested with the rule language",
    "demo/page.py": "one constant, seen through demo/answers.py",
    "admin_api/call.py": "shapes without behaviour",
    "admin_api/services.py": "one constructor, which every test of the admin API calls",
    "auth/services.py": "one constructor, which every test of the authorization server calls",
    "admin_api/app.py": "seen through dispatch, as are the two below",
    "admin_api/reading.py": "seen through dispatch",
    "weir/serving/request_ids.py": "seen through the admin API's dispatch",
    "weir/serving/gunicorn_app.py": "seen through boot of the processes",
}
"""Folders and files that need no test module of their own."""


WITHOUT_BEHAVIOUR = {"__init__.py", "__main__.py", "errors.py"}
"""Glossaries, entries that only call ``boot``, and exceptions."""


def is_exempt(path: Path) -> bool:
    return path.name in WITHOUT_BEHAVIOUR or any(path.is_relative_to(name) for name in EXEMPT)


MODULES = [path for path in tracked("*.py") if path.parts[0] in SOURCES and not is_exempt(path)]


def test_a_module_has_its_test_module() -> None:
    assert [path for path in MODULES if not any((ROOT / place).is_file() for place in places(path))] == []


def places(path: Path) -> tuple[Path, Path]:
    """Of its own, or of its folder."""
    return (
        Path("tests") / path.parent / f"test_{path.name}",
        Path("tests") / path.parent.parent / f"test_{path.parent.name}.py",
    )


def test_what_is_exempt_is_there() -> None:
    assert [name for name in EXEMPT if not (ROOT / name).exists()] == []
