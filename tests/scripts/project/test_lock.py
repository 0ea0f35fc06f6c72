from scripts.project.lock import addresses_in, build_requirements


def test_the_build_backend_is_locked_too() -> None:
    assert [name for name in build_requirements() if name.startswith("hatchling")]


def test_versions_and_hashes_are_no_address() -> None:
    assert (
        addresses_in(
            "a==1 ; sys_platform == 'linux' \\\n    --hash=sha256:00\nb[c]==2 \\\n    --hash=sha256:11\n"
        )
        == []
    )


def test_an_index_a_link_and_a_path_are() -> None:
    bad = ["--extra-index-url x", "a @ x", "/x/a.whl", "ftp" + "://x"]
    assert addresses_in("\n".join(["a==1", *bad])) == bad
