"""Signals that ask a training run to stop: the first is noted, a second one ends the program."""

from __future__ import annotations

import signal

import pytest

from seqgen.cli.shared.signals import stop_requests


def test_the_first_signal_is_noted_and_the_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stop_requests() as stop:
        assert not stop
        signal.raise_signal(signal.SIGTERM)
        assert stop
        assert stop.exit_status == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_ends_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), stop_requests():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)


def test_a_block_that_looks_at_no_request_is_ended_at_once() -> None:
    with stop_requests() as stop:
        with stop.interrupting():
            signal.raise_signal(signal.SIGINT)
            pytest.fail("the block went on")
        assert stop.exit_status == 128 + signal.SIGINT


def test_after_such_a_block_signals_are_noted_again() -> None:
    with stop_requests() as stop:
        with stop.interrupting():
            pass
        signal.raise_signal(signal.SIGINT)
        assert stop


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_a_second_hangup_does_not_interrupt_the_saving() -> None:
    """A shell and the system may both send one when a terminal closes."""
    with stop_requests() as stop:
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)
    assert stop.exit_status == 128 + signal.SIGHUP


def test_an_interruption_without_a_signal_is_none_of_its_requests() -> None:
    with stop_requests() as stop, pytest.raises(KeyboardInterrupt), stop.interrupting():
        raise KeyboardInterrupt
    assert not stop
