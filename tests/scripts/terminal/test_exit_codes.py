from scripts.terminal import exit_codes


def test_the_codes_are_those_of_the_contract() -> None:
    assert (
        exit_codes.FINE,
        exit_codes.FINDINGS,
        exit_codes.BAD_INPUT,
        exit_codes.AWAY,
        exit_codes.CONFLICT,
    ) == (0, 1, 2, 3, 4)
