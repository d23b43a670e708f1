"""Tensor as a value: construction, attributes, conversions, dtypes, copies."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

import tinygrad_fs as tg


def leaf(*values: float, dtype: str = "float64") -> tg.Tensor:
    return tg.tensor(list(values), requires_grad=True, dtype=dtype)


class TestConstruction:
    @pytest.mark.parametrize(
        ("data", "dtype"),
        [
            (1.5, "float32"),
            ([1.0, 2], "float32"),
            ([[1.0], [2.0]], "float32"),
            ([], "float32"),
            (3, "int64"),
            ([1, 2], "int64"),
            (True, "bool"),
            (np.zeros(2), "float64"),
            (np.float64(1), "float64"),
            (np.zeros(2, np.float16), "float16"),
            (np.zeros(2, np.int8), "int8"),
        ],
    )
    def test_dtypes(self, data, dtype):
        assert tg.tensor(data).dtype == dtype
        assert tg.Tensor(data).dtype == dtype

    def test_the_default_dtype_can_be_set(self):
        tg.set_default_dtype("float64")
        try:
            assert tg.tensor([1.0]).dtype == np.float64
            assert tg.zeros(2).dtype == np.float64
            assert tg.randn(2).dtype == np.float64
        finally:
            tg.set_default_dtype("float32")

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (np.zeros(2, complex), "complex128 is complex"),
            (["a"], "dtype <U1 is not supported: text is no number"),
            ([None], "dtype object is not supported: a NoneType is no number"),
            ({}, "a dict is no number"),
            ([1, 10**30], "an integer is beyond 64 bits"),
            (np.zeros(2, "V2"), "bfloat16"),
            (np.zeros(2, "M8[s]"), "datetime64.* is not supported; use float16"),
        ],
    )
    def test_what_a_tensor_cannot_hold(self, data, message):
        with pytest.raises(TypeError, match=message):
            tg.tensor(data)

    @pytest.mark.skipif(np.dtype("longdouble").itemsize == 8, reason="long doubles are doubles here")
    def test_wide_floats_are_refused(self):
        with pytest.raises(TypeError, match="use float16, float32, float64"):
            tg.tensor(np.zeros(2, "longdouble"))

    def test_sizes_that_are_not_one_tuple(self):
        with pytest.raises(TypeError, match=r"zeros: the dtype is 3; .*zeros\(\(2, 3\)\)"):
            tg.zeros(2, 3)

    @pytest.mark.parametrize("dtype", ["bfloat16", "floaty"])
    def test_an_unknown_dtype_is_named(self, dtype):
        for make in (lambda: tg.tensor([1.0], dtype=dtype), lambda: tg.ones(2).astype(dtype)):
            with pytest.raises(TypeError, match=f"dtype '{dtype}' is unknown; use float16"):
                make()

    @pytest.mark.parametrize("make", [tg.Tensor, tg.tensor])
    def test_a_tensor_that_requires_grad_is_refused(self, make):
        for t in (leaf(1.0), leaf(1.0) * 2):
            with pytest.raises(TypeError, match=r"would drop the gradient.* t.detach\(\) .* t.clone\(\)"):
                make(t)
            assert make(t.detach()).tolist() == t.tolist()
            with tg.no_grad():
                assert not make(t).requires_grad

    @pytest.mark.parametrize(
        ("other", "message"),
        [
            (1j, "complex128 is complex"),
            (np.ones(2, complex), "is complex"),
            (np.zeros(2, "V2"), "bfloat16"),
            ("a", "<U1"),
        ],
    )
    @pytest.mark.parametrize("operator", [lambda x, y: x * y, lambda x, y: y + x, lambda x, y: np.add(y, x)])
    def test_what_a_tensor_does_not_compute_with(self, operator, other, message):
        with pytest.raises(TypeError, match=message):
            operator(leaf(1.0, 2.0), other)

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_lists_of_floats_are_as_weak_as_floats(self, dtype):
        x = tg.tensor([1.0, 2.0], dtype=dtype)
        exact = np.array([0.1, 0.2], dtype)
        for y in (np.add(x, [0.1, 0.2]), np.add([0.1, 0.2], x), tg.lerp(x, (1.1, 2.2), 1)):
            assert y.dtype == dtype
            np.testing.assert_allclose(y.data, [1.1, 2.2], rtol=np.finfo(dtype).eps)
        for y in (tg.concatenate([x, [0.1, 0.2]]), tg.stack([x, [0.1, 0.2]])):
            assert y.dtype == dtype
            np.testing.assert_array_equal(y.data.ravel()[2:], exact)
        x += [0.1, 0.2]
        np.testing.assert_allclose(x.data, np.array([1, 2], dtype) + exact)

    def test_lists_of_floats_beside_integers_get_the_default_dtype(self):
        assert np.array_equal((tg.tensor([1, 2], dtype="int16") * [0.5, 1.5]).data, [0.5, 3.0])
        assert (tg.tensor([1, 2], dtype="int16") * [0.5, 1.5]).dtype == np.float32

    def test_the_default_dtype_must_float(self):
        with pytest.raises(TypeError, match="int64 is not a floating dtype"):
            tg.set_default_dtype("int64")

    def test_tensor_copies_and_the_class_shares(self):
        array = np.zeros(2)
        tg.tensor(array).data[0] = 1.0
        assert array[0] == 0.0
        tg.Tensor(array).data[0] = 1.0
        assert array[0] == 1.0

    def test_a_list_of_recorded_tensors_is_refused(self):
        x = leaf(1.0)
        with pytest.raises(TypeError, match="stack"):
            tg.tensor([x[0], x[0]])

    @pytest.mark.parametrize(
        ("made", "expected"),
        [
            (tg.zeros((2, 1)), [[0.0], [0.0]]),
            (tg.ones(2), [1.0, 1.0]),
            (tg.full((2,), 7), [7, 7]),
            (tg.full((), 0.5), 0.5),
            (tg.arange(1, 4), [1, 2, 3]),
            (tg.arange(3.0), [0.0, 1.0, 2.0]),
            (tg.linspace(0, 1, 3), [0.0, 0.5, 1.0]),
            (tg.eye(2, 3), [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
            (tg.zeros_like(tg.ones(2)), [0.0, 0.0]),
            (tg.ones_like([1, 2]), [1, 1]),
            (tg.full_like(tg.ones(2), 3), [3.0, 3.0]),
        ],
    )
    def test_creation(self, made, expected):
        assert made.tolist() == expected

    def test_random_numbers_repeat_with_the_seed(self):
        def draw():
            return [tg.rand(3).tolist(), tg.randn(2, 2).tolist(), tg.randint(10, shape=4).tolist()]

        tg.manual_seed(7)
        first = draw()
        tg.manual_seed(7)
        assert draw() == first
        assert draw() != first

    def test_a_generator_is_used_alone(self):
        tg.manual_seed(0)
        expected = tg.rand(2).tolist()
        tg.manual_seed(0)
        a = tg.rand(2, generator=np.random.default_rng(5)).tolist()
        assert tg.rand(2).tolist() == expected
        assert tg.rand((2,), generator=np.random.default_rng(5)).tolist() == a

    def test_shapes_of_random_numbers(self):
        sizes = [tg.randn(np.int64(3)), tg.rand((np.int64(3),)), tg.randn([3]), tg.rand(3), tg.randn(np.array([3]))]
        assert [x.shape for x in sizes] == [(3,)] * 5
        with pytest.raises(TypeError, match=r"the shape is of integers, not \(2.5,\)"):
            tg.randn(2.5)

    def test_randint_without_a_choice(self):
        with pytest.raises(ValueError, match="no integer from 3"):
            tg.randint(3, 3)

    def test_lists_of_several_lengths_are_no_array(self):
        with pytest.raises(ValueError, match="lists in a list differ in length, .*; make them equally long"):
            tg.tensor([[1, 2], [3]])

    @pytest.mark.parametrize(
        ("use", "message"),
        [
            (lambda: tg.randint(5, (2, 3)), r"randint: high=\(2, 3\) is no int; the shape comes after both bounds"),
            (lambda: tg.randn(2, generator=3), r"generator=3 is no numpy.random.Generator; .*default_rng\(seed\)"),
            (lambda: tg.manual_seed("a"), "manual_seed: seed='a'; it is an int, and not negative"),
            (lambda: tg.manual_seed(None), "manual_seed: seed=None"),
            (lambda: tg.manual_seed(-1), "manual_seed: seed=-1"),
        ],
    )
    def test_misuse_of_random_numbers(self, use, message):
        with pytest.raises((TypeError, ValueError), match=message):
            use()

    def test_random_leaves_can_require_grad(self):
        assert tg.randn(2, requires_grad=True).requires_grad
        assert tg.rand(2, requires_grad=True, dtype="float64").dtype == np.float64


class TestAttributes:
    def test_of_a_leaf_and_of_a_result(self):
        x = leaf(1.0, 2.0)
        y = x * 2
        assert (x.is_leaf, x.requires_grad, x.grad_fn, x.grad) == (True, True, None, None)
        assert (y.is_leaf, y.requires_grad, y.grad_fn.name) == (False, True, "Multiply")
        assert (y.shape, y.ndim, y.size, y.dtype) == ((2,), 1, 2, np.float64)
        assert tg.zeros((2, 3)).T.shape == (3, 2)
        assert tg.zeros((4, 2, 3)).mT.shape == (4, 3, 2)

    def test_detach_shares_memory_and_has_no_history(self):
        x = leaf(1.0, 2.0)
        d = x.detach()
        assert d.data is x.data
        assert not d.requires_grad

    def test_requires_grad_can_be_switched(self):
        x = tg.ones(2)
        x.requires_grad = True
        assert x.requires_grad
        assert x.requires_grad_(False) is x
        assert not x.requires_grad

    def test_a_frozen_leaf_keeps_its_gradient(self):
        x = leaf(1.0)
        (x * 2).sum().backward()
        x.requires_grad_(False)
        assert x.grad.item() == 2.0

    def test_data_can_be_replaced_by_an_array_of_the_same_shape(self):
        x = leaf(1.0, 2.0)
        x.data = np.array([5.0, 6.0])
        (x * x).sum().backward()
        assert x.grad.tolist() == [10.0, 12.0]
        with pytest.raises(ValueError, match=r"shape \(3,\).*\(2,\)"):
            x.data = np.zeros(3)

    def test_data_of_another_dtype_changes_that_of_the_gradient(self):
        x = leaf(1.0, 2.0)
        x.data = np.array([5.0, 6.0], np.float32)
        (x * x).sum().backward()
        assert x.grad.dtype == np.float32

    def test_grad_can_be_assigned(self):
        x = leaf(1.0, 2.0)
        x.grad = tg.tensor([1.0, 1.0], dtype="float64")
        x.sum().backward()
        assert x.grad.tolist() == [2.0, 2.0]
        x.zero_grad()
        assert x.grad is None
        with pytest.raises(TypeError, match="ndarray was given"):
            x.grad = np.ones(2)
        with pytest.raises(ValueError, match=r"shape \(3,\)"):
            x.grad = tg.ones(3)

    @pytest.mark.parametrize(
        ("t", "text"),
        [
            (tg.tensor([1.0, 2.0]), "tensor([1., 2.])"),
            (tg.tensor(1.5), "tensor(1.5)"),
            (tg.tensor([1, 2]), "tensor([1, 2])"),
            (tg.tensor([1.0], dtype="float64"), "tensor([1.], dtype=float64)"),
            (tg.tensor([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
            (tg.tensor([1.0], requires_grad=True) * 2, "tensor([2.], grad_fn=<Multiply>)"),
            (tg.tensor([[1.0], [2.0]]), "tensor([[1.],\n        [2.]])"),
        ],
    )
    def test_repr(self, t, text):
        assert repr(t) == text

    def test_repr_of_a_large_tensor_gives_the_shape(self):
        text = repr(tg.zeros((100, 100)))
        assert "shape=(100, 100)" in text
        assert len(text) < 600


WITH_A_VALUE = {
    "item": (lambda t: t.item(), 2.0),
    "tolist": (lambda t: t.tolist(), 2.0),
    "numpy": (lambda t: t.numpy(), np.array(2.0)),
    "bool": (bool, True),
    "format": (lambda t: f"{t:.2f}", "2.00"),
    "str": (str, "tensor(2., dtype=float64, grad_fn=<Multiply>)"),
}

WITHOUT = {
    "float": (float, r"t\.item\(\)"),
    "int": (int, r"t\.item\(\)"),
    "asarray": (np.asarray, r"\.numpy\(\)"),
    "array": (np.array, r"\.numpy\(\)"),
    "array of list": (lambda t: np.array([t, t]), "np.stack"),
    "ufunc of list": (lambda t: np.exp([t, t]), "np.stack"),
    "math": (math.exp, r"t\.item\(\)"),
    "slice assignment": (lambda t: np.zeros(3).__setitem__(slice(None), t), "filled by"),
    "method": (lambda t: np.ones(()).dot(t), "np.dot"),
    "assignment": (lambda t: np.zeros((3, 2)).__setitem__(0, tg.stack([t, t])), "filled by"),
    "out": (lambda t: np.exp(t, out=np.zeros(())), "an array cannot record"),
    "augmented": (lambda t: np.zeros(()).__iadd__(t), "an array cannot record"),
    "at": (lambda t: np.add.at(np.zeros(3), [0], t), "an array cannot record"),
    "no rule": (lambda t: np.roots(t[None]), "np.roots has no rule"),
    "ufunc without rule": (np.frompyfunc(abs, 1, 1), "np.abs.* has no rule"),
    "method without rule": (np.subtract.reduce, "np.subtract.reduce has no rule"),
    "out of a function": (lambda t: np.sum(t, out=np.zeros(())), "out= must be a Tensor"),
    "where of a ufunc": (lambda t: np.exp(t, where=np.array(True)), "np.where"),
    "unknown argument": (lambda t: np.einsum("...->", t, dtype="float32"), "np.einsum: .* takes no 'dtype'"),
}

NUMPY_REFUSES = ("where of a ufunc", "unknown argument", "method without rule")


class TestConversions:
    """Of a Tensor that requires grad, while recording."""

    @pytest.mark.parametrize("name", WITH_A_VALUE)
    def test_explicit_ones_give_the_value(self, name):
        convert, expected = WITH_A_VALUE[name]
        assert convert(tg.tensor(1.0, requires_grad=True, dtype="float64") * 2) == expected

    @pytest.mark.parametrize("name", WITHOUT)
    def test_others_raise_and_name_the_remedy(self, name):
        convert, remedy = WITHOUT[name]
        with pytest.raises(TypeError, match=remedy):
            convert(tg.tensor(1.0, requires_grad=True, dtype="float64") * 2)

    @pytest.mark.parametrize("write", [lambda a, t: a.__setitem__(0, t), lambda a, t: a.fill(t)])
    def test_writing_one_element_raises_what_numpy_makes_of_it(self, write):
        # NumPy turns whatever float(t) raises into a ValueError here, with ours as its cause.
        with pytest.raises(ValueError, match="array element") as caught:
            write(np.zeros(3), tg.tensor(1.0, requires_grad=True))
        assert isinstance(caught.value.__cause__, TypeError)
        assert "a Tensor in place of the array" in str(caught.value.__cause__)
        array = np.zeros(3)
        write(array, tg.tensor(1.0))
        assert array[0] == 1.0

    @pytest.mark.parametrize("name", [n for n in WITHOUT if n not in NUMPY_REFUSES])
    def test_without_grad_all_is_plain_numpy(self, name):
        WITHOUT[name][0](tg.tensor(0.5, dtype="float64"))
        with tg.no_grad():
            WITHOUT[name][0](tg.tensor(0.5, requires_grad=True, dtype="float64"))

    def test_a_parameter_update_by_hand(self):
        p = leaf(1.0, 2.0)
        (p * p).sum().backward()
        p.data -= 0.1 * p.grad
        np.testing.assert_allclose(p.data, [0.8, 1.6])

    def test_an_array_that_adds_a_plain_tensor_stays_an_array(self):
        array = np.zeros(2)
        array += tg.ones(2)
        assert type(array) is np.ndarray
        assert array.tolist() == [1.0, 1.0]

    def test_numpy_functions_without_rule_give_tensors(self):
        assert isinstance(np.median(tg.tensor([1.0, 2.0, 9.0])), tg.Tensor)
        values, counts = np.unique(tg.tensor([3, 1, 3]), return_counts=True)
        assert (values.tolist(), counts.tolist()) == ([1, 3], [1, 2])

    @pytest.mark.parametrize(
        ("value", "message"),
        [(tg.zeros(2), "2 elements, not one"), (tg.zeros(0), "0 elements")],
    )
    def test_item_of_many(self, value, message):
        with pytest.raises(ValueError, match=message):
            value.item()

    def test_the_truth_of_many_is_refused(self):
        with pytest.raises(ValueError, match=r"ambiguous.*\.any\(\)"):
            bool(tg.ones(2) > 0)

    def test_python_protocols(self):
        t = tg.tensor([[1, 2], [3, 4]])
        assert len(t) == 2
        assert [row.tolist() for row in t] == [[1, 2], [3, 4]]
        assert 3 in t
        assert 9 not in t
        assert [10, 20, 30][t[0, 1]] == 30
        assert complex(tg.tensor(2.0)) == 2
        assert hash(t) != hash(t.clone())
        for call in (len, iter, lambda s: s[0]):
            with pytest.raises((TypeError, IndexError)):
                call(tg.tensor(1.0))


class TestOperators:
    @pytest.mark.parametrize(
        ("call", "expected"),
        [
            (lambda t: t + 1, [2.0, 3.0]),
            (lambda t: 1 - t, [0.0, -1.0]),
            (lambda t: 2 / t, [2.0, 1.0]),
            (lambda t: 5 // t, [5.0, 2.0]),
            (lambda t: 5 % t, [0.0, 1.0]),
            (lambda t: 2**t, [2.0, 4.0]),
            (lambda t: -(+t), [-1.0, -2.0]),
            (lambda t: abs(-t), [1.0, 2.0]),
            (lambda t: divmod(t, 2)[0], [0.0, 1.0]),
            (lambda t: divmod(5, t)[1], [0.0, 1.0]),
            (lambda t: [3.0, 4.0] * t, [3.0, 8.0]),
            (lambda t: np.array([3.0, 4.0]) * t, [3.0, 8.0]),
            (lambda t: np.float64(3) * t, [3.0, 6.0]),
            (lambda t: np.array([[3.0, 4.0]]) @ t, [11.0]),
            (lambda t: t == 1, [True, False]),
            (lambda t: t != 1, [False, True]),
            (lambda t: (t < 2) | (t >= 2), [True, True]),
            (lambda t: (t <= 1) & ~(t > 1), [True, False]),
            (lambda t: (t == 1) ^ True, [False, True]),
            (lambda t: np.array([1.0, 5.0]) > t, [False, True]),
        ],
    )
    def test_values(self, call, expected):
        result = call(tg.tensor([1.0, 2.0], requires_grad=True))
        assert isinstance(result, tg.Tensor)
        assert result.tolist() == expected

    def test_results_beside_arrays_and_numbers_are_recorded(self):
        x = leaf(1.0, 2.0)
        for result in (np.ones(2) * x, np.float64(2) * x, x * np.ones(2), x * [1.0, 2.0], np.ones((2, 2)) @ x):
            assert result.requires_grad
            assert isinstance(result, tg.Tensor)

    def test_comparisons_need_no_gradient(self):
        assert not (leaf(1.0) > 0).requires_grad

    def test_bits(self):
        t = tg.tensor([1, 2])
        assert (t << 1).tolist() == [2, 4]
        assert (8 >> t).tolist() == [4, 2]
        t <<= 2
        assert t.tolist() == [4, 8]

    @pytest.mark.parametrize("other", ["text", {}, object()])
    def test_with_what_is_no_number(self, other):
        with pytest.raises(TypeError):
            leaf(1.0) + other

    def test_shapes_that_do_not_fit_are_named(self):
        with pytest.raises(ValueError, match=r"add: shapes \(3, 4\) and \(5, 2\) do not broadcast"):
            tg.zeros((3, 4)) + tg.zeros((5, 2))

    def test_every_declared_method_is_bound(self):
        from pathlib import Path

        import tinygrad_fs

        stub = (Path(tinygrad_fs.__file__).parent / "bound.pyi").read_text(encoding="utf-8")
        names = [line.split("def ")[1].split("(")[0] for line in stub.splitlines() if line.strip().startswith("def ")]
        assert len(names) > 60
        assert [name for name in names if name not in vars(tg.Tensor)] == []


class TestDtypes:
    @pytest.mark.parametrize(
        "other",
        [2, 2.5, True, np.float64(2), np.float16(2), np.int64(2), np.array(2.0), tg.tensor(2.0, dtype="float64")],
        ids=repr,
    )
    @pytest.mark.parametrize("dtype", ["float32", "float16"])
    def test_numbers_and_0d_do_not_widen(self, other, dtype):
        x = tg.ones(3, dtype=dtype, requires_grad=True)
        for result in (x * other, other * x, x + other, tg.where([True, False, True], x, other)):
            assert result.dtype == dtype
            result.sum().backward()
        assert x.grad.dtype == dtype

    @pytest.mark.parametrize("other", [np.ones(3), tg.ones(3, dtype="float64"), np.ones((1, 3))], ids=repr)
    def test_arrays_promote_as_in_numpy(self, other):
        x = tg.ones(3, requires_grad=True)
        y = x * other
        assert y.dtype == np.float64
        y.sum().backward()
        assert x.grad.dtype == np.float32

    def test_a_0d_float_does_widen_integers(self):
        assert (tg.arange(3) * tg.tensor(0.5, dtype="float64")).dtype == np.float64
        assert (tg.arange(3) / 2).dtype == np.float64

    def test_float16_sums_in_float32(self):
        x = tg.full((4096,), 1.0, dtype="float16", requires_grad=True)
        total = x.sum()
        assert (total.dtype, total.item()) == (np.float16, 4096.0)
        assert x.mean().item() == 1.0
        (x * tg.tensor([1.0], dtype="float16", requires_grad=True)).sum().backward()
        assert x.grad.dtype == np.float16

    def test_astype(self):
        x = leaf(1.5, 2.5)
        y = x.astype("float32")
        assert y.dtype == np.float32
        y.sum().backward()
        assert (x.grad.dtype, x.grad.tolist()) == (np.float64, [1.0, 1.0])
        assert not x.astype(int).requires_grad
        with pytest.raises(TypeError, match="complex"):
            x.astype(complex)


class TestState:
    def test_deepcopy_and_pickle_of_a_leaf(self):
        x = leaf(1.0, 2.0)
        (x * 3).sum().backward()
        copied = copy.deepcopy(x)
        assert copied.grad.tolist() == [3.0, 3.0]
        assert copied.data is not x.data
        loaded = pickle.loads(pickle.dumps(x))
        for other in (copied, loaded):
            assert other.requires_grad
            assert other.tolist() == x.tolist()
        assert loaded.grad is None

    def test_of_a_result_they_raise(self):
        y = leaf(1.0) * 2
        with pytest.raises(RuntimeError, match="detach"):
            copy.deepcopy(y)
        with pytest.raises(RuntimeError, match="detach"):
            pickle.dumps(y)

    def test_clone_is_recorded_and_has_memory_of_its_own(self):
        x = leaf(1.0)
        y = x.clone()
        y.data[0] = 5.0
        assert x.item() == 1.0
        y.sum().backward()
        assert x.grad.item() == 1.0
