"""Random programs on the tape, step by step, against a model that knows no reverse mode.

The model keeps every value as an expression and differentiates by the complex step: evaluated at x + i h t, the
imaginary part over h is the derivative along t, exact to rounding. A hook that scales a gradient scales the tangent
there.

Whatever was done before, these must hold: values are those of the model; gradients are right, or backward raises, and
it raises only where something was released or changed; `.grad` is what the backward passes so far add up to.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

import tinygrad_fs as tg
from tinygrad_fs.autograd import BackwardError, grad

STEP = 1e-180  # its square is zero, so that it breaks no tie
MOST_ELEMENTS = 24

# ---- the model


class Expression:
    """A value, and how it is computed from others; without parents a constant or a leaf."""

    made = 0

    def __init__(self, function: Callable[..., Any], *parents: Expression, leaf: Leaf | None = None) -> None:
        Expression.made += 1
        self.index = Expression.made
        self.function = function
        self.parents = parents
        self.leaf = leaf
        self.scales: dict[int, float] = {}  # by hook
        self.value = np.asarray(function(*[parent.value for parent in parents]))
        self.has_gradient = leaf is not None or any(parent.has_gradient for parent in parents)

    @classmethod
    def constant(cls, value: np.ndarray, leaf: Leaf | None = None) -> Expression:
        kept = value.copy()
        return cls(lambda: kept, leaf=leaf)

    def ancestors(self) -> list[Expression]:
        """All that it depends on with a gradient, itself included, latest first."""
        found, stack = {self}, [self]
        while stack:
            for parent in stack.pop().parents:
                if parent not in found and parent.has_gradient:
                    found.add(parent)
                    stack.append(parent)
        return sorted(found, key=lambda each: -each.index)

    def changes(self, along: dict[Any, np.ndarray]) -> np.ndarray:
        """How the value changes when leaves or expressions move along the given directions."""
        at: dict[Expression, Any] = {}
        for each in reversed(self.ancestors()):
            value = each.function(*[at.get(parent, parent.value) for parent in each.parents])
            mover = each.leaf if each.leaf is not None else each
            if mover in along:
                value = value + 1j * STEP * along[mover]
            scale = np.prod(list((each.leaf or each).scales.values()))
            at[each] = each.value + 1j * np.imag(value) * scale  # complex functions round otherwise, which breaks ties
        return np.imag(at[self]) / STEP

    def gradient(self, seed: np.ndarray, of: Any, shape: tuple[int, ...]) -> np.ndarray:
        """The gradient of sum(seed * value) in a leaf or an expression."""
        result = np.zeros(shape)
        for entry in np.ndindex(shape):
            direction = np.zeros(shape)
            direction[entry] = 1.0
            result[entry] = np.sum(seed * self.changes({of: direction}))
        return result


class Leaf:
    """A leaf, which keeps its gradient and its hooks when its value is changed."""

    def __init__(self) -> None:
        self.scales: dict[int, float] = {}
        self.grad: np.ndarray | None = None


class Held:
    """A Tensor, and what the model says of it."""

    def __init__(self, tensor: tg.Tensor, expression: Expression, is_view: bool = False) -> None:
        self.tensor = tensor
        self.expression = expression
        self.is_view = is_view
        self.overwritten = False
        self.retained: list[Expression] = []  # the values whose gradients `.grad` collects, though an op made them
        self.grad: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.tensor.shape

    @property
    def hooked(self) -> Any:
        """What a hook registered now belongs to."""
        return self.expression.leaf or self.expression


def largest(x: np.ndarray) -> np.ndarray:
    chosen = np.real(x) == np.real(x).max(-1, keepdims=True)
    return (x * chosen).sum(-1) / chosen.sum(-1)  # the mean of equal ones, since ties share the gradient evenly


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - np.real(x).max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


# On Tensors, on (complex) arrays, whether the result is a view, and the least number of axes.
UNARY: dict[str, tuple[Any, Any, bool, int]] = {
    "tanh": (tg.tanh, np.tanh, False, 0),
    "half": (lambda x: x * 0.5, lambda x: x * 0.5, False, 0),
    "square": (lambda x: x**2 * 0.3, lambda x: x**2 * 0.3, False, 0),
    "relu": (tg.relu, lambda x: np.where(np.real(x) > 0, x, 0 * x), False, 0),
    "clone": (tg.clone, lambda x: x, False, 0),
    "sum": (tg.sum, np.sum, False, 0),
    "mean of rows": (lambda x: tg.mean(x, axis=0), lambda x: np.mean(x, axis=0), False, 1),
    "max": (lambda x: tg.max(x, axis=-1), largest, False, 1),
    "softmax": (tg.softmax, softmax, False, 1),
    "transposed": (lambda x: x.T, lambda x: x.T, True, 0),
    "flat": (lambda x: x.reshape(-1), lambda x: x.reshape(-1), True, 0),
    "reversed": (lambda x: x[::-1], lambda x: x[::-1], True, 1),
    "first": (lambda x: x[0], lambda x: x[0], True, 1),
    "repeated": (lambda x: x[[0, -1, 0]], lambda x: x[[0, -1, 0]], True, 1),
}
BINARY: dict[str, tuple[Any, Any]] = {
    "mean": (lambda x, y: (x + y) * 0.5, lambda x, y: (x + y) * 0.5),
    "difference": (lambda x, y: (x - y) * 0.5, lambda x, y: (x - y) * 0.5),
    "product": (lambda x, y: tg.tanh(x * y), lambda x, y: np.tanh(x * y)),
    "quotient": (lambda x, y: x / (1 + y * y), lambda x, y: x / (1 + y * y)),
    "where": (lambda x, y: tg.where(x > y, x, y), lambda x, y: np.where(np.real(x) > np.real(y), x, y)),
    "stack": (lambda x, y: tg.stack([x.sum(), y.sum()]), lambda x, y: np.stack([x.sum(), y.sum()])),
}
INPLACE: dict[str, tuple[Any, Any]] = {
    "+=": (lambda t, u: t.__iadd__(u), lambda t, u: t + u),
    "-=": (lambda t, u: t.__isub__(u), lambda t, u: t - u),
    "*=": (lambda t, u: t.__imul__(u), lambda t, u: t * u),
}
INDICES: list[Any] = [..., 0, -1, slice(None, None, -2), [0, 0], [-1, 0]]
SHAPES = [(), (3,), (2, 3), (2, 1)]


def written(t: np.ndarray, v: np.ndarray, index: Any) -> np.ndarray:
    result = np.array(t, dtype=np.result_type(t, v))
    result[index] = v
    return result


# ---- the machine


class Tape(RuleBasedStateMachine):
    values = Bundle("values")

    def __init__(self) -> None:
        super().__init__()
        self.rng = np.random.default_rng(0)
        self.held: list[Held] = []
        self.leaves: list[Held] = []
        self.released: set[Expression] = set()
        self.doubtful: set[Expression] = set()  # what a backward pass may refuse, since something was changed
        self.hooks: list[tuple[Any, Any, int]] = []

    def keep(self, held: Held) -> Held:
        self.held.append(held)
        return held

    def numbers(self, shape: tuple[int, ...]) -> np.ndarray:
        return self.rng.uniform(-1.5, 1.5, shape)

    def usable(self, *held: Held) -> list[Held]:
        """Such as have the values that the model says, and are small; sums of them where they are not."""
        result = []
        for each in held:
            if each.overwritten:
                each = self.leaves[0]
            if each.tensor.size > MOST_ELEMENTS or each.tensor.size == 0:
                each = Held(tg.sum(each.tensor), Expression(np.sum, each.expression))
            result.append(each)
        return result

    # ---- making

    @initialize(seed=st.integers(0, 2**32 - 1), target=values)
    def begin(self, seed):
        self.rng = np.random.default_rng(seed)
        return self.make_leaf((3,))

    def make_leaf(self, shape: tuple[int, ...]) -> Held:
        value = self.numbers(shape)
        tensor = tg.tensor(value, requires_grad=True)
        held = self.keep(Held(tensor, Expression.constant(value, Leaf())))
        self.leaves.append(held)
        return held

    @rule(target=values, shape=st.sampled_from(SHAPES))
    def leaf(self, shape):
        return self.make_leaf(shape)

    @rule(target=values, shape=st.sampled_from(SHAPES))
    def constant(self, shape):
        value = self.numbers(shape)
        return self.keep(Held(tg.tensor(value), Expression.constant(value)))

    @rule(target=values, x=values, name=st.sampled_from(sorted(UNARY)))
    def unary(self, x, name):
        (x,) = self.usable(x)
        on_tensors, on_arrays, is_view, axes = UNARY[name]
        if x.tensor.ndim < axes:
            on_tensors, on_arrays, is_view, _ = UNARY["tanh"]
        return self.keep(Held(on_tensors(x.tensor), Expression(on_arrays, x.expression), is_view))

    @rule(target=values, x=values, y=values, name=st.sampled_from(sorted(BINARY)))
    def binary(self, x, y, name):
        x, y = self.usable(x, y)
        on_tensors, on_arrays = BINARY[name]
        try:
            np.broadcast_shapes(x.shape, y.shape)
        except ValueError:
            on_tensors, on_arrays = BINARY["stack"]
        return self.keep(Held(on_tensors(x.tensor, y.tensor), Expression(on_arrays, x.expression, y.expression)))

    @rule(target=values, seed=st.integers(0, 2**32 - 1), count=st.integers(2, 8))
    def several(self, seed, count):
        """Ops one after another, each on what is there by now: graphs with many paths."""
        rng = np.random.default_rng(seed)
        for _ in range(count):
            x, y = (self.held[-1 - int(rng.integers(min(4, len(self.held))))] for _ in range(2))
            if rng.random() < 0.3:
                self.unary(x, sorted(UNARY)[rng.integers(len(UNARY))])
            else:
                self.binary(x, y, sorted(BINARY)[rng.integers(len(BINARY))])
        return self.held[-1]

    @rule(target=values, x=values)
    def detached(self, x):
        (x,) = self.usable(x)
        return self.keep(Held(x.tensor.detach(), Expression.constant(x.expression.value), is_view=True))

    @rule(target=values, x=values, y=values)
    def without_recording(self, x, y):
        x, y = self.usable(x, y)
        with tg.no_grad():
            result = tg.sum(x.tensor) * y.tensor
        return self.keep(Held(result, Expression.constant(x.expression.value.sum() * y.expression.value)))

    # ---- changing

    @rule(t=values, v=values, index=st.sampled_from(INDICES))
    def assign(self, t, v, index):
        t, v = self.usable(t, v)
        if not t.tensor.ndim:
            index = ...
        if not (t.expression.has_gradient or v.expression.has_gradient):
            return  # a plain write into an array, which views of it would see too
        try:
            np.broadcast_to(v.expression.value, t.expression.value[index].shape)
        except ValueError:
            v = Held(v.tensor.sum(), Expression(np.sum, v.expression))
        if t.expression.leaf is not None:
            self.check_refused(lambda: t.tensor.__setitem__(index, v.tensor), "leaf that requires grad")
        elif t.is_view:
            try:
                t.tensor[index] = v.tensor
            except RuntimeError as error:
                assert "t is a view" in str(error)  # noqa: PT017
            else:
                self.moved_on(t, Expression(lambda a, b: written(a, b, index), t.expression, v.expression))
        else:
            t.tensor[index] = v.tensor
            self.moved_on(t, Expression(lambda a, b: written(a, b, index), t.expression, v.expression))

    @rule(t=values, u=values, name=st.sampled_from(sorted(INPLACE)))
    def update(self, t, u, name):
        t, u = self.usable(t, u)
        on_tensors, on_arrays = INPLACE[name]
        if not (t.expression.has_gradient or u.expression.has_gradient):
            return
        try:
            fits = np.broadcast_shapes(t.shape, u.shape) == t.shape
        except ValueError:
            fits = False
        if not fits:
            u = Held(u.tensor.mean(), Expression(np.mean, u.expression))
        if t.expression.leaf is not None:
            self.check_refused(lambda: on_tensors(t.tensor, u.tensor), "leaf that requires grad")
        else:
            assert on_tensors(t.tensor, u.tensor) is t.tensor
            self.moved_on(t, Expression(on_arrays, t.expression, u.expression))

    def moved_on(self, t: Held, expression: Expression) -> None:
        t.expression = expression
        t.is_view = False

    def check_refused(self, action: Callable[[], Any], message: str) -> None:
        with pytest.raises(RuntimeError, match=message):
            action()

    @rule(data=st.data(), how=st.sampled_from(["no_grad", "data", "detach"]))
    def change_leaf(self, data, how):
        """As an optimizer does it: what was saved of the old value may not be used any more."""
        self.several(seed=data.draw(st.integers(0, 2**32 - 1)), count=3)
        x = self.held[-1]
        leaf = data.draw(st.sampled_from(self.leaves))
        if how == "no_grad":
            with tg.no_grad():
                leaf.tensor -= 0.25
        elif how == "data":
            leaf.tensor.data -= 0.25
        else:
            view = leaf.tensor.detach()
            view -= 0.25
        for each in self.held:
            if each is not leaf and np.shares_memory(each.tensor.data, leaf.tensor.data):
                each.overwritten = True
        self.doubtful.update(*[each.expression.ancestors() for each in self.held if each.expression.has_gradient])
        leaf.expression = Expression.constant(leaf.expression.value - 0.25, leaf.expression.leaf)
        self.backward(x, retain_graph=True)

    # ---- hooks

    @rule(x=values, scale=st.sampled_from([-1.0, 2.0, None]))
    def hook(self, x, scale):
        (x,) = self.usable(x)
        if not x.expression.has_gradient or x not in self.held:
            return
        handle = x.tensor.register_hook(lambda g: None if scale is None else g * scale)
        x.hooked.scales[id(handle)] = 1.0 if scale is None else scale
        self.hooks.append((handle, x.hooked, id(handle)))

    @precondition(lambda self: self.hooks)
    @rule(data=st.data())
    def unhook(self, data):
        handle, owner, key = self.hooks.pop(data.draw(st.integers(0, len(self.hooks) - 1)))
        handle.remove()
        del owner.scales[key]

    # ---- differentiating

    @rule(x=values)
    def retain_grad(self, x):
        if x.expression.has_gradient and x.expression.leaf is None and x.expression not in x.retained:
            x.tensor.retain_grad()
            x.retained.append(x.expression)

    @rule(x=values, retain_graph=st.booleans())
    def backward(self, x, retain_graph):
        (x,) = self.usable(x)
        seed = self.numbers(x.shape)
        refused = self.attempt(x, lambda: x.tensor.backward(tg.Tensor(seed), retain_graph=retain_graph))
        if x.expression.has_gradient and not retain_graph:
            for each in x.expression.ancestors():
                if each in self.released:
                    break  # here it stopped
                if each.leaf is None:
                    self.released.add(each)
            if refused:
                self.doubtful.update(x.expression.ancestors())
        if refused:
            return
        ancestors = x.expression.ancestors()
        for each in self.held:
            for value in each.retained:
                if value in ancestors:
                    g = x.expression.gradient(seed, value, value.value.shape)
                    each.grad = g if each.grad is None else each.grad + g
        reached = {each.leaf for each in ancestors} - {None}
        for leaf in self.leaves:
            owner = leaf.expression.leaf
            if owner in reached:
                g = x.expression.gradient(seed, owner, leaf.shape)
                owner.grad = g if owner.grad is None else owner.grad + g

    @rule(x=values, of=values)
    def gradient(self, x, of):
        x, of = self.usable(x, of)
        if not of.expression.has_gradient:
            return
        seed = self.numbers(x.shape)
        found: list[Any] = []
        options = {"retain_graph": True, "allow_unused": True}
        if self.attempt(x, lambda: found.extend(grad(x.tensor, of.tensor, seed, **options)), of=of):
            return
        mover = of.expression.leaf or of.expression
        if any(mover in (each, each.leaf) for each in x.expression.ancestors()):
            expected = x.expression.gradient(seed, mover, of.shape)
            np.testing.assert_allclose(found[0].data, expected, rtol=1e-9, atol=1e-9)
        else:
            assert found == [None]

    @rule(x=values, data=st.data())
    def second_gradient(self, x, data):
        """The derivative of <gradient, v> in a leaf, against a difference of the model's first derivatives."""
        (x,) = self.usable(x)
        leaf = data.draw(st.sampled_from(self.leaves))
        owner = leaf.expression.leaf
        ancestors = x.expression.ancestors()
        versions = [each for each in ancestors if each.leaf is owner]
        if self.doubtful.intersection(ancestors) or not versions or any(each.scales for each in ancestors):
            return
        if any(each.leaf is not None and each.leaf.scales for each in ancestors):
            return
        v = self.numbers(leaf.shape)
        found: list[Any] = []

        def differentiate() -> None:
            (g,) = grad(x.tensor.sum(), leaf.tensor, create_graph=True)
            again = {"retain_graph": True, "allow_unused": True}
            found.extend(grad(tg.sum(g * v), leaf.tensor, **again) if g.requires_grad else [None])

        if self.attempt(x, differentiate, of=leaf):
            return
        expected, nearer = (self.second_difference(x, leaf, *versions, v, step) for step in (1e-5, 1e-6))
        if not np.allclose(expected, nearer, rtol=1e-3, atol=1e-3):
            return  # a kink: values that are equal, as those of a leaf and of what was detached from it
        got = np.zeros(leaf.shape) if found[0] is None else found[0].data
        scale = 1 + np.abs(expected).max(initial=0)
        np.testing.assert_allclose(got, expected, atol=1e-5 * scale)

    @staticmethod
    def second_difference(x: Held, leaf: Held, version: Expression, v: np.ndarray, step: float) -> np.ndarray:
        """How the gradient of the sum of x in a leaf changes when the leaf moves along v, by a central difference."""
        ancestors = x.expression.ancestors()
        plain = version.function

        def compute_again() -> None:
            for each in reversed(ancestors):
                each.value = np.asarray(each.function(*[parent.value for parent in each.parents]))

        slopes = []
        for signed in (step, -step):
            version.function = lambda signed=signed: plain() + signed * v
            compute_again()
            slopes.append(x.expression.gradient(np.ones(x.shape), leaf.expression.leaf, leaf.shape))
        version.function = plain
        compute_again()
        return (slopes[0] - slopes[1]) / (2 * step)

    @rule(data=st.data())
    def zero_grad(self, data):
        leaf = data.draw(st.sampled_from(self.leaves))
        leaf.tensor.zero_grad()
        leaf.expression.leaf.grad = None

    def attempt(self, x: Held, action: Callable[[], Any], of: Held | None = None) -> bool:
        """Do it; whether it was refused, which must be for a reason that the model knows."""
        if not x.expression.has_gradient:
            self.check_refused(action, "no graph")
            return True
        ancestors = set(x.expression.ancestors())
        if of is not None:  # only what lies between is gone through
            ancestors &= {each for each in ancestors if self.leads_to(each, of)}
        used_up = self.released & ancestors
        message = ""
        try:
            action()
        except BackwardError as error:
            message = str(error)
        if not message:
            assert not used_up - self.doubtful
        elif "was changed in place" in message:
            assert self.doubtful & ancestors
        else:
            assert "retain_graph=True" in message
            assert used_up or self.doubtful & ancestors
        return bool(message)

    @staticmethod
    def leads_to(expression: Expression, of: Held) -> bool:
        mover = of.expression.leaf or of.expression
        return any(mover in (each, each.leaf) and each is not expression for each in expression.ancestors())

    # ---- what always holds

    @invariant()
    def everything_is_as_the_model_says(self):
        assert tg.is_grad_enabled()
        for each in self.held:
            assert each.tensor.requires_grad == each.expression.has_gradient
            if not each.overwritten:
                np.testing.assert_allclose(each.tensor.data, each.expression.value, rtol=1e-10, atol=1e-12)
        gradients = [(leaf.tensor, leaf.expression.leaf.grad) for leaf in self.leaves]
        for tensor, expected in gradients + [(each.tensor, each.grad) for each in self.held if each.retained]:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it moved on to a value whose gradient is not retained
                got = tensor.grad
            assert (got is None) == (expected is None)
            if got is not None:
                np.testing.assert_allclose(got.data, expected, rtol=1e-9, atol=1e-9)


TestTape = Tape.TestCase
TestTape.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
