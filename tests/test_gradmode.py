"""Grad mode: nesting, exceptions, threads, decorators, generators."""

from __future__ import annotations

import threading

import pytest

import tinygrad_fs as tg


def recording() -> bool:
    return (tg.ones(1, requires_grad=True) * 2).requires_grad


def test_no_grad_nests_and_enable_grad_undoes_it():
    with tg.no_grad():
        assert not recording()
        with tg.enable_grad():
            assert recording()
            with tg.no_grad():
                assert not recording()
            assert recording()
        assert not recording()
    assert recording()


def test_an_exception_restores_the_mode():
    with pytest.raises(KeyError), tg.no_grad():
        raise KeyError
    assert tg.is_grad_enabled()


def test_one_instance_can_be_entered_again():
    mode = tg.no_grad()
    with mode, mode:
        assert not recording()
    assert recording()


def test_set_grad_enabled_by_a_plain_call():
    tg.set_grad_enabled(False)
    assert not recording()
    tg.set_grad_enabled(True)
    assert recording()


@pytest.mark.parametrize("enabled", [True, False])
def test_set_grad_enabled_for_a_block(enabled):
    with tg.set_grad_enabled(enabled):
        assert recording() is enabled
    assert recording()


def test_the_mode_belongs_to_its_thread():
    seen = []
    with tg.no_grad():
        thread = threading.Thread(target=lambda: seen.append(recording()))
        thread.start()
        thread.join()
        assert not recording()
    assert seen == [True]


@pytest.mark.parametrize(
    "decorator", [lambda: tg.no_grad, tg.no_grad, lambda: tg.set_grad_enabled(False)], ids=["bare", "called", "set"]
)
def test_as_a_decorator(decorator):
    @decorator()
    def function(a: int, *, b: int) -> tuple[int, bool]:
        """Documented."""
        return a + b, recording()

    assert function(1, b=2) == (3, False)
    assert function.__doc__ == "Documented."
    assert recording()


def test_on_a_generator_function_it_holds_while_the_body_runs():
    @tg.no_grad()
    def body():
        received = yield recording()
        try:
            yield received, recording()
        except ValueError:
            yield "caught", recording()
        return "result"

    running = body()
    assert next(running) is False
    assert recording()
    assert running.send("sent") == ("sent", False)
    assert running.throw(ValueError) == ("caught", False)
    assert recording()
    with pytest.raises(StopIteration) as stop:
        next(running)
    assert stop.value.value == "result"


def test_a_closed_generator_runs_its_cleanup_in_the_mode():
    seen = []

    @tg.no_grad
    def body():
        try:
            yield 1
        finally:
            seen.append(recording())

    running = body()
    next(running)
    running.close()
    assert seen == [False]
    assert recording()


async def coroutine():
    """Nothing to wait for."""


async def stream():
    yield 1


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: tg.no_grad(tg.ones(2)), r"no_grad: a Tensor was given; use `with no_grad\(\):`"),
        (lambda: tg.enable_grad()(3), "enable_grad: a int was given"),
        (lambda: tg.no_grad(coroutine), "no_grad: the mode of coroutine would hold for whatever else runs"),
        (lambda: tg.no_grad()(stream), "no_grad: the mode of stream"),
    ],
)
def test_what_it_cannot_hold_for(use, message):
    with pytest.raises(TypeError, match=message):
        use()
    assert recording()


def test_results_under_no_grad_are_leaves():
    x = tg.ones(2, requires_grad=True)
    with tg.no_grad():
        y = x * 2
    assert y.is_leaf
    assert not y.requires_grad
