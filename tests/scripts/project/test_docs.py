import shutil
from pathlib import Path

import pytest

from scripts.project.docs import DOCS, PAGES, main


@pytest.mark.parametrize(("name", "text_of"), PAGES, ids=[name for name, _ in PAGES])
def test_a_generated_page_is_what_the_code_says_now(name: str, text_of) -> None:  # type: ignore[no-untyped-def]
    text = (DOCS / name).read_text(encoding="utf-8")
    assert text_of(text) == text, "run: make docs"


def test_a_page_that_differs_is_written_and_a_second_run_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(DOCS, tmp_path, dirs_exist_ok=True)
    (tmp_path / "settings.md").write_text("old")
    main(tmp_path)
    assert "docs/settings.md: written" in capsys.readouterr().out
    main(tmp_path)
    assert "written" not in capsys.readouterr().out
    assert (tmp_path / "settings.md").read_text() == (DOCS / "settings.md").read_text()
