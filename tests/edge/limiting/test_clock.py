from edge.limiting.clock import boot_s


def test_it_never_runs_backwards() -> None:
    readings = [boot_s() for _ in range(1000)]
    assert readings == sorted(readings)
