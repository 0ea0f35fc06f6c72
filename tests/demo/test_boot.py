import signal
import subprocess
import sys

import pytest

from weir.processes.ports import Address, address_of, bind


def run_demo(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "demo", *arguments], stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_with_0(number: signal.Signals) -> None:
    service = run_demo("--listen", "127.0.0.1:0")
    assert service.stderr is not None
    assert service.stderr.readline().startswith("demo: http://127.0.0.1:")
    service.send_signal(number)
    assert service.wait(timeout=30) == 0
    service.stderr.close()


def test_a_taken_port_is_one_sentence_and_exit_code_2() -> None:
    with bind(Address("127.0.0.1", 0), what="the test") as listener:
        address = address_of(listener)
        service = run_demo("--listen", str(address))
        _, said = service.communicate(timeout=30)
    assert (service.returncode, said) == (
        2,
        f"demo: the demo service cannot listen on {address}: the port is taken by another process\n",
    )


def test_an_address_that_is_none_is_one_sentence_and_exit_code_2() -> None:
    service = run_demo("--listen", "nowhere")
    _, said = service.communicate(timeout=30)
    assert service.returncode == 2
    assert said.startswith('demo: "nowhere" is not an address')
