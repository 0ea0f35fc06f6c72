import os
import signal
import threading

from weir.processes.wakeup import Wakeup


def raise_here(*numbers: signal.Signals) -> None:
    for number in numbers:
        os.kill(os.getpid(), number)


def test_signals_come_in_their_order() -> None:
    with Wakeup((signal.SIGTERM, signal.SIGHUP)) as wakeup:
        raise_here(signal.SIGHUP)
        first = wakeup.wait(10)
        raise_here(signal.SIGTERM)
        assert first + wakeup.wait(10) == [signal.SIGHUP, signal.SIGTERM]


def test_a_signal_before_the_wait_is_not_lost() -> None:
    with Wakeup((signal.SIGTERM,)) as wakeup:
        raise_here(signal.SIGTERM)
        assert wakeup.wait(None) == [signal.SIGTERM]


def test_a_signal_during_the_wait_ends_it() -> None:
    with Wakeup((signal.SIGTERM,)) as wakeup:
        later = threading.Timer(0.05, raise_here, [signal.SIGTERM])
        later.start()
        assert wakeup.wait(None) == [signal.SIGTERM]
        later.join()


def test_without_a_signal_the_wait_ends_in_time() -> None:
    with Wakeup((signal.SIGTERM,)) as wakeup:
        assert wakeup.wait(0.01) == []


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Wakeup((signal.SIGTERM,)):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.set_wakeup_fd(-1) == -1
