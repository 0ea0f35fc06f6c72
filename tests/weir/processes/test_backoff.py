from weir.processes.backoff import Policy, Restarts


def waits(restarts: Restarts, times: list[float], lived_s: float = 1.0) -> list[float | None]:
    return [restarts.died("edge", now, lived_s) for now in times]


def test_the_first_restart_waits_half_a_second_and_each_further_one_twice_as_long() -> None:
    restarts = Restarts(Policy())
    assert waits(restarts, [0, 100, 200, 300]) == [0.5, 1, 2, 4]


def test_no_wait_is_longer_than_thirty_seconds() -> None:
    restarts = Restarts(Policy())
    assert waits(restarts, [100.0 * number for number in range(12)])[-3:] == [30, 30, 30]


def test_a_child_that_lived_longer_than_the_window_starts_over() -> None:
    restarts = Restarts(Policy())
    assert waits(restarts, [0, 100, 200]) == [0.5, 1, 2]
    assert restarts.died("edge", 1000, lived_s=60.1) == 0.5


def test_a_child_that_lived_exactly_as_long_as_the_window_does_not_start_over() -> None:
    restarts = Restarts(Policy())
    assert waits(restarts, [0, 100], lived_s=60) == [0.5, 1]


def test_children_have_waits_of_their_own() -> None:
    restarts = Restarts(Policy())
    assert restarts.died("edge", 0, 1) == 0.5
    assert restarts.died("demo", 100, 1) == 0.5


def test_the_fifth_death_within_sixty_seconds_gives_up() -> None:
    assert waits(Restarts(Policy()), [0, 10, 20, 30, 60])[-1] is None


def test_the_fifth_death_just_after_sixty_seconds_does_not_give_up() -> None:
    assert waits(Restarts(Policy()), [0, 10, 20, 30, 60.001])[-1] is not None


def test_deaths_of_all_children_count_together() -> None:
    restarts = Restarts(Policy(deaths=2, window_s=10))
    assert restarts.died("edge", 0, 1) is not None
    assert restarts.died("demo", 1, 1) is None
