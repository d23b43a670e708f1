"""tinygrad_fs.linalg: singular points, errors, NumPy's protocol, batches, and what the op table does not show."""

from __future__ import annotations

import inspect
import subprocess
import sys
import warnings

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs.autograd import grad, gradcheck, gradgradcheck
from tinygrad_fs.graph import BackwardError

L = tg.linalg


def leaf(values, dtype: str = "float64") -> tg.Tensor:
    return tg.tensor(values, requires_grad=True, dtype=dtype)


def random(*shape: int, seed: int = 0) -> tg.Tensor:
    return leaf(np.random.default_rng(seed).standard_normal(shape))


def of_rank(n: int, rank: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.standard_normal((n, rank)) @ generator.standard_normal((rank, n))


class TestDeterminant:
    def test_the_gradient_at_a_singular_matrix_is_the_adjugate(self):
        a = leaf([[1.0, 2.0], [2.0, 4.0]])
        L.det(a).backward()
        np.testing.assert_allclose(a.grad.data, [[4.0, -2.0], [-2.0, 1.0]], atol=1e-14)

    @pytest.mark.parametrize(("n", "rank"), [(2, 1), (3, 2), (3, 1), (4, 3), (4, 2), (5, 0), (1, 0), (7, 6)])
    def test_singular_matrices(self, n, rank):
        a = leaf(of_rank(n, rank))
        assert gradcheck(L.det, a)
        assert gradgradcheck(L.det, a)

    def test_exactly_singular_and_regular_ones_in_a_batch(self):
        a = leaf(np.stack([np.diag([0.0, 2.0, 3.0]), np.diag([1.0, 2.0, 3.0]), np.zeros((3, 3))]))
        L.det(a).sum().backward()
        expected = [np.diag([6.0, 0.0, 0.0]), np.diag([6.0, 3.0, 2.0]), np.zeros((3, 3))]
        np.testing.assert_allclose(a.grad.data, expected, atol=1e-14)

    def test_third_derivative_at_a_regular_matrix(self):
        a = random(3, 3)

        def second(a):
            (g,) = grad(L.det(a), a, create_graph=True)
            (h,) = grad((g * g).sum(), a, create_graph=True)
            return h

        assert gradcheck(second, a)

    def test_cofactors_neither_overflow_nor_need_an_inverse(self):
        a = leaf(np.diag([1e200, 1e-200, 0.0]))
        L.det(a).backward()
        np.testing.assert_allclose(np.diag(a.grad.data), [0.0, 0.0, 1.0], rtol=1e-12)

    def test_no_matrix_at_all(self):
        a = leaf(np.zeros((0, 0)))
        y = L.det(a)
        y.backward()
        assert (y.item(), a.grad.shape) == (1.0, (0, 0))

    def test_the_sign_has_no_gradient(self):
        sign, logarithm = result = L.slogdet(random(3, 3))
        assert not sign.requires_grad
        assert logarithm is result.logabsdet
        assert logarithm.requires_grad

    def test_slogdet_of_a_singular_matrix(self):
        a = leaf(np.zeros((2, 2)))
        result = L.slogdet(a)
        assert (result.sign.item(), result.logabsdet.item()) == (0.0, -np.inf)
        with pytest.raises(BackwardError, match="Singular matrix"):
            result.logabsdet.backward()


class TestEigenvectors:
    def test_values_of_equal_eigenvalues_have_a_gradient(self):
        a = leaf(np.diag([1.0, 1.0, 2.0]))
        L.eigh(a).eigenvalues.sum().backward()
        np.testing.assert_allclose(a.grad.data, np.eye(3), atol=1e-14)
        (g,) = grad(L.eigvalsh(a)[2], a)
        np.testing.assert_allclose(g.data, np.diag([0.0, 0.0, 1.0]), atol=1e-14)

    @pytest.mark.parametrize("rotated", [False, True])
    def test_vectors_of_equal_eigenvalues_have_none(self, rotated):
        q = np.linalg.qr(random(3, 3).data)[0] if rotated else np.eye(3)
        a = leaf(q @ np.diag([1.0, 1.0, 2.0]) @ q.T)
        y = (L.eigh(a).eigenvectors ** 2 * random(3, 3)).sum()
        with pytest.warns(RuntimeWarning, match="eigh: a matrix has equal eigenvalues"):
            y.backward()
        assert np.isnan(a.grad.data).any()

    def test_one_triangle_is_read_and_takes_the_gradient(self):
        a = random(3, 3)
        for uplo, other in [("L", np.triu), ("U", np.tril), ("l", np.triu)]:
            (g,) = grad((L.eigvalsh(a, uplo) ** 2).sum(), a)
            assert not other(g.data, k=1 if other is np.triu else -1).any()
            assert gradcheck(lambda a, uplo=uplo: L.eigvalsh(a, uplo), a)
        (g,) = grad(L.cholesky(a @ a.mT + np.eye(3)).sum(), a)  # whatever triangle, the chain rule is right
        assert gradcheck(lambda a: L.cholesky(a @ a.mT + np.eye(3)), a)

    def test_functions_of_a_symmetric_matrix_see_no_triangle(self):
        a = random(3, 3)
        assert gradcheck(lambda a: L.eigh((a + a.mT) / 2).eigenvectors ** 2, a)

    def test_an_unknown_triangle(self):
        with pytest.raises(ValueError, match="UPLO is 'X'"):
            L.eigh(np.eye(2), "X")


class TestSingularVectors:
    def test_values_of_equal_singular_values_have_a_gradient(self):
        a = leaf(np.eye(3))
        for values in (L.svd(a).S, L.svdvals(a), L.svd(a, compute_uv=False)):
            (g,) = grad(values.sum(), a)
            np.testing.assert_allclose(g.data, np.eye(3), atol=1e-14)

    def test_vectors_of_equal_singular_values_have_none(self):
        a = leaf(np.eye(3))
        with pytest.warns(RuntimeWarning, match="svd: a matrix has equal singular values"):
            (L.svd(a).U ** 2 * random(3, 3)).sum().backward()
        assert np.isnan(a.grad.data).any()

    def test_vectors_of_a_singular_value_0(self):
        a = leaf([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
        with pytest.warns(RuntimeWarning, match="svd: a matrix has a singular value 0"):
            (L.svd(a, full_matrices=False).U ** 2 * random(3, 2)).sum().backward()
        assert np.isnan(a.grad.data).any()

    def test_small_but_different_ones_are_told_apart(self):
        a = leaf(np.diag([1.0, 1e-8, 2e-9]))
        (L.svd(a).U * random(3, 3)).sum().backward()
        assert np.isfinite(a.grad.data).all()

    def test_surplus_vectors(self):
        a = random(4, 2)
        u, s, vt = L.svd(a)
        assert (u.shape, s.shape, vt.shape) == ((4, 4), (2,), (2, 2))
        (g,) = grad((u[:, :2] ** 2).sum() + s.sum(), a, retain_graph=True)
        assert np.isfinite(g.data).all()
        with pytest.raises(BackwardError, match=r"svd: the vectors after the first 2, of a matrix of shape \(4, 2\)"):
            u[:, 3].sum().backward()
        with pytest.raises(BackwardError, match="use full_matrices=False"):
            L.svd(a.mT)[2][3].sum().backward()

    def test_surplus_columns_of_qr(self):
        a = random(4, 2)
        q, _ = L.qr(a, mode="complete")
        with pytest.raises(BackwardError, match="mode='reduced'"):
            q[:, 3].sum().backward()

    def test_low_rank_approximation(self):
        a = random(4, 3)

        def approximation(a):
            u, s, vt = L.svd(a, full_matrices=False)
            return (u[:, :2] * s[:2]) @ vt[:2]

        assert gradcheck(approximation, a)
        assert gradgradcheck(approximation, a)


class TestNorms:
    @pytest.mark.parametrize("ord", [None, 2, 1, np.inf, -np.inf, 3, 0.5, -1, 1.5])
    def test_vectors_of_zeros(self, ord):
        x = leaf([0.0, 0.0, 0.0])
        with np.errstate(divide="ignore"):
            y = L.norm(x, ord)
        y.backward()
        assert (y.item(), x.grad.tolist()) == (0.0, [0.0, 0.0, 0.0])

    @pytest.mark.parametrize("ord", [None, "fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf])
    def test_matrices_of_zeros(self, ord):
        x = leaf(np.zeros((2, 3)))
        y = L.norm(x, ord)
        y.backward()
        assert (y.item(), x.grad.tolist()) == (0.0, [[0.0] * 3] * 2)

    def test_a_row_of_zeros(self):
        x = leaf([[3.0, 4.0], [0.0, 0.0]])
        (g,) = grad(L.norm(x, axis=1).sum(), x, create_graph=True)
        np.testing.assert_allclose(g.data, [[0.6, 0.8], [0.0, 0.0]])
        (h,) = grad((g * g.data).sum(), x)
        assert np.isfinite(h.data).all()

    @pytest.mark.parametrize("ord", [3, 1.5, 0.5])
    def test_one_entry_0(self, ord):
        x = leaf([0.0, 2.0])
        L.norm(x, ord).backward()
        np.testing.assert_allclose(x.grad.data, [0.0, 1.0])

    @pytest.mark.parametrize("ord", [2, 3, 1.5])
    @pytest.mark.parametrize(("dtype", "size"), [("float64", 1e200), ("float64", 1e-200), ("float32", 1e30)])
    def test_large_and_small_entries(self, ord, dtype, size):
        x = leaf([size, -size], dtype)
        y = L.norm(x, ord)
        y.backward()
        assert y.dtype == dtype
        assert y.item() == pytest.approx(2 ** (1 / ord) * size, rel=1e-6)
        np.testing.assert_allclose(x.grad.data, 2 ** (1 / ord - 1) * np.array([1.0, -1.0]), rtol=1e-6)

    @pytest.mark.parametrize(
        "name", ["inv", "det", "slogdet", "cholesky", "qr", "svd", "svdvals", "eigh", "eigvalsh", "pinv"]
    )
    def test_float16_has_no_decompositions(self, name):
        with pytest.raises(TypeError, match=rf"{name}: float16 is too coarse .* \.astype\('float32'\)"):
            getattr(L, name)(leaf(np.eye(2), "float16"))
        assert L.matrix_transpose(leaf(np.eye(2), "float16")).dtype == np.float16

    def test_float16_sums_in_float32(self):
        x = leaf(np.full(4096, 10.0), "float16")
        assert L.norm(x).item() == 640.0
        assert L.norm(x, 3).dtype == np.float16

    def test_infinite_entries(self):
        assert L.norm(leaf([np.inf, 1.0])).item() == np.inf
        assert L.norm(leaf([np.inf, 1.0]), 3).item() == np.inf

    def test_ties_of_the_largest_share(self):
        x = leaf([1.0, -2.0, 2.0])
        L.norm(x, np.inf).backward()
        assert x.grad.tolist() == [0.0, -0.5, 0.5]

    def test_the_number_of_entries_has_no_gradient(self):
        y = L.norm(leaf([0.0, 2.0, 3.0]), 0)
        assert (y.item(), y.requires_grad) == (2.0, False)

    def test_integers(self):
        assert L.norm(tg.tensor([3, 4])).item() == 5.0

    @pytest.mark.parametrize(
        ("shape", "arguments", "message"),
        [
            ((2, 2), {"ord": 3}, "ord=3 is no norm of matrices"),
            ((2,), {"ord": "fro"}, "ord='fro' is no norm of vectors"),
            ((2, 2, 2), {"ord": 2}, r"ord=2 of 3 axes of shape \(2, 2, 2\)"),
            ((2, 2), {"axis": (0, 0)}, "repeated axis"),
            ((2, 2), {"axis": 2}, "out of bounds"),
            ((2, 2), {"ord": "spectral"}, "ord='spectral' is no norm of matrices"),
        ],
    )
    def test_errors(self, shape, arguments, message):
        with pytest.raises(ValueError, match=message):
            L.norm(tg.ones(shape, requires_grad=True), **arguments)

    def test_cond_of_a_singular_matrix(self):
        assert L.cond(leaf([[1.0, 0.0], [0.0, 0.0]])).item() == np.inf


class TestSolving:
    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda a: L.inv(a), r"inv: Singular matrix: the matrix of shape \(2, 2\) has no inverse; linalg.pinv"),
            (lambda a: L.inv(tg.stack([a, a])), r"inv: Singular matrix: a matrix of shape \(2, 2, 2\)"),
            (lambda a: L.solve(a, [1.0, 2.0]), "solve: Singular matrix: .* linalg.lstsq gives"),
            (lambda a: L.solve_triangular(a * [[0.0], [1.0]], [1.0, 2.0]), "there is a 0 on its diagonal"),
            (lambda a: L.inv(a[:1]), r"inv: shape \(1, 2\): the last two axes must form square matrices"),
            (lambda a: L.det(a[0]), r"det: shape \(2,\)"),
            (lambda a: L.slogdet(a[:1]), "slogdet: shape"),
            (lambda a: L.solve(a[:1], [1.0]), "solve: shape"),
            (lambda a: L.cholesky(-a), r"cholesky: a matrix of shape \(2, 2\) is not positive definite"),
            (lambda a: L.cholesky(a[:1]), "cholesky: shape"),
            (lambda a: L.eigh(a[:1]), "eigh: shape"),
            (lambda a: L.eigvalsh(a[:1]), "eigvalsh: shape"),
            (lambda a: L.svd(a[0]), r"svd: shape \(2,\) has no two axes"),
            (lambda a: L.svd(a[:1], hermitian=True), "svd: shape"),
            (lambda a: L.svdvals(a[0]), "svdvals: shape"),
            (lambda a: L.qr(a[0]), "qr: shape"),
            (lambda a: L.pinv(a[0]), "pinv: shape"),
            (lambda a: L.diagonal(a[0]), "diagonal: shape"),
            (lambda a: L.matrix_transpose(a[0]), "matrix_transpose: shape"),
            (lambda a: L.matrix_norm(a[0]), "matrix_norm: shape"),
            (lambda a: L.matrix_power(a, -1), "inv: Singular matrix"),
            (lambda a: L.matrix_power(a[:1], 2), "matrix_power: shape"),
            (lambda a: L.multi_dot([a, a[0], a]), r"multi_dot: matrix 1 has shape \(2,\)"),
            (lambda a: L.tensorinv(a, ind=2), "tensorinv: the first 2 axes"),
            (lambda a: L.tensorsolve(a, tg.ones(3)), "tensorsolve: a of shape"),
        ],
    )
    def test_matrices_for_which_there_is_no_result(self, call, message):
        with pytest.raises(np.linalg.LinAlgError, match=message):
            call(tg.ones((2, 2), requires_grad=True))

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda a: L.solve(a, tg.ones(3)), r"solve: a of shape \(2, 2\) has 2 rows, and b of shape \(3,\) has 3"),
            (lambda a: L.solve(a, tg.ones((3, 2))), r"b of shape \(3, 2\) has 3"),
            (lambda a: L.solve(a, tg.tensor(1.0)), r"b of shape \(\) has 0"),
            (lambda a: L.solve_triangular(a, tg.ones(3)), "solve_triangular: a of shape"),
            (lambda a: L.solve_triangular(a, tg.ones(2), trans=3), "trans is 3"),
            (lambda a: L.lstsq(a, tg.ones(3)), "lstsq: a of shape"),
            (lambda a: L.qr(a, mode="raw"), "mode 'raw' is unknown"),
            (lambda a: L.multi_dot([a]), "1 matrices were given"),
            (lambda a: L.multi_dot([a, tg.ones((3, 2))]), "inner sizes 2 and 3 differ"),
            (lambda a: L.tensorinv(a, ind=0), "ind is 0"),
        ],
    )
    def test_arguments_that_do_not_fit(self, call, message):
        with pytest.raises(ValueError, match=message):
            call(tg.ones((2, 2), requires_grad=True))

    def test_a_power_that_is_no_integer(self):
        with pytest.raises(TypeError, match="the power is 0.5"):
            L.matrix_power(np.eye(2), 0.5)

    @pytest.mark.parametrize("lower", [False, True])
    def test_large_triangles_are_solved_in_halves(self, lower):
        n = 300
        generator = np.random.default_rng(0)
        a = leaf(generator.standard_normal((n, n)) / n + 2 * np.eye(n))
        b = leaf(generator.standard_normal((n, 2)))
        weights = generator.standard_normal((n, 2))
        x = L.solve_triangular(a, b, lower=lower)
        triangle = np.tril(a.data) if lower else np.triu(a.data)
        np.testing.assert_allclose(x.data, np.linalg.solve(triangle, b.data), rtol=1e-9, atol=1e-12)
        (x * weights).sum().backward()
        for_b = np.linalg.solve(triangle.T, weights)
        np.testing.assert_allclose(b.grad.data, for_b, rtol=1e-9, atol=1e-12)
        for_a = (np.tril if lower else np.triu)(-for_b @ x.data.T)
        np.testing.assert_allclose(a.grad.data, for_a, rtol=1e-9, atol=1e-12)

    def test_the_other_triangle_is_not_read(self):
        a = leaf([[2.0, np.nan], [1.0, 4.0]])
        x = L.solve_triangular(a, leaf([2.0, 9.0]), lower=True)
        assert x.tolist() == [1.0, 2.0]
        x.sum().backward()
        assert a.grad[0, 1].item() == 0.0

    def test_least_squares_as_numpy_has_them(self):
        generator = np.random.default_rng(0)
        for m, n, columns in [(4, 2, ()), (4, 2, (3,)), (2, 4, ()), (3, 3, (2,))]:
            a, b = generator.standard_normal((m, n)), generator.standard_normal((m, *columns))
            for ours, theirs in zip(L.lstsq(leaf(a), leaf(b)), np.linalg.lstsq(a, b, rcond=None)):
                np.testing.assert_allclose(ours.data if isinstance(ours, tg.Tensor) else ours, theirs, atol=1e-12)
                assert np.shape(ours) == np.shape(theirs)

    def test_least_squares_of_lower_rank(self):
        a, b = of_rank(4, 2), np.ones(4)
        result, expected = L.lstsq(leaf(a), leaf(b)), np.linalg.lstsq(a, b, rcond=None)
        np.testing.assert_allclose(result.x.data, expected[0], atol=1e-12)
        assert (result.rank, result.residuals.shape) == (2, (0,))
        assert L.lstsq(leaf(np.zeros((3, 2))), leaf(b[:3]), rcond=-1).x.tolist() == [0.0, 0.0]

    def test_the_cheapest_order_of_a_chain(self):
        shapes = [(30, 35), (35, 15), (15, 5), (5, 10), (10, 20), (20, 25)]
        xs = [random(*shape, seed=i) for i, shape in enumerate(shapes)]
        y = L.multi_dot(xs)
        np.testing.assert_allclose(y.data, np.linalg.multi_dot([x.data for x in xs]), rtol=1e-10)
        sizes = [shape[0] for shape in shapes] + [25]
        from tinygrad_fs.ops.linear_algebra.chains import _best_splits

        splits = _best_splits(sizes)
        assert (splits[0, 5], splits[0, 2], splits[3, 5]) == (2, 0, 4)  # ((A (B C)) ((D E) F))

    def test_rank(self):
        a = np.stack([np.eye(3), of_rank(3, 2), np.zeros((3, 3))])
        assert L.matrix_rank(leaf(a)).tolist() == [3, 2, 0]
        assert L.matrix_rank(leaf(np.diag([1.0, 1e-3])), rtol=1e-2).item() == 1
        assert np.linalg.matrix_rank(leaf(a)).tolist() == [3, 2, 0]


ARGUMENTS = {
    "cholesky": (np.eye(2) * 2 + 1,),
    "eigh": (np.diag([1.0, 2.0]),),
    "eigvalsh": (np.diag([1.0, 2.0]),),
    "solve": (np.eye(2) * 2 + 1, np.ones(2)),
    "lstsq": (np.eye(2) * 2 + 1, np.ones(2)),
    "cross": (np.arange(3.0), np.ones(3)),
    "outer": (np.arange(3.0), np.ones(3)),
    "vecdot": (np.arange(3.0), np.ones(3)),
    "matmul": (np.eye(2), np.ones(2)),
    "tensordot": (np.ones((2, 2)), np.ones((2, 2))),
    "matrix_power": (np.eye(2) * 2, 2),
    "multi_dot": ([np.eye(2), np.ones((2, 3))],),
    "tensorinv": (np.eye(4).reshape(2, 2, 4),),
    "tensorsolve": (np.eye(4).reshape(2, 2, 4), np.ones((2, 2))),
}
WITHOUT_TWIN = {"LinAlgError", "solve_triangular"}


def as_tensors(value, requires_grad: bool = True):
    if isinstance(value, np.ndarray):
        return tg.tensor(value, requires_grad=requires_grad)
    return [as_tensors(item) for item in value] if isinstance(value, list) else value


def as_list(result) -> list:
    return list(result) if isinstance(result, tuple) else [result]


@pytest.mark.parametrize("name", sorted(set(L.__all__) - WITHOUT_TWIN))
def test_numpy_linalg_of_a_tensor_records(name):
    function = getattr(np.linalg, name)
    arguments = ARGUMENTS.get(name, (np.array([[2.0, 1.0], [0.0, 3.0]]),))
    results = as_list(function(*[as_tensors(value) for value in arguments]))
    assert any(getattr(result, "requires_grad", False) for result in results) is (name != "matrix_rank")
    for result, expected in zip(results, as_list(function(*arguments)), strict=True):
        value = result.data if isinstance(result, tg.Tensor) else result
        np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)


def test_named_results_as_numpy_names_them():
    a = np.diag([1.0, 2.0])
    for name in ("eigh", "qr", "slogdet", "svd"):
        assert getattr(L, name)(tg.tensor(a))._fields == getattr(np.linalg, name)(a)._fields


def test_functions_with_complex_results_are_refused():
    with pytest.raises(TypeError, match="np.linalg.*eig has no rule"):
        np.linalg.eig(random(2, 2))


@pytest.mark.parametrize("name", sorted(set(L.__all__) - {"LinAlgError"}))
def test_every_function_has_an_example(name):
    assert ">>> " in inspect.getdoc(getattr(L, name))


def test_lists_are_arrays():
    a = [[2.0, 1.0], [0.0, 4.0]]
    np.testing.assert_allclose(L.inv(a), np.linalg.inv(a))
    np.testing.assert_allclose(L.solve(a, [1.0, 1.0]), np.linalg.solve(a, [1.0, 1.0]))
    np.testing.assert_allclose(L.solve_triangular(a, [3.0, 4.0]), [1.0, 1.0])
    np.testing.assert_allclose(L.norm([3.0, 4.0]), 5.0)
    np.testing.assert_allclose(L.norm([3, 4], 1), 7.0)
    np.testing.assert_allclose(L.lstsq(a, [3.0, 4.0]).x, [1.0, 1.0])
    np.testing.assert_allclose(L.multi_dot([a, a]), np.dot(a, a))
    np.testing.assert_allclose(L.matrix_power(a, 2), np.dot(a, a))


@pytest.mark.parametrize(
    "function",
    [L.inv, L.det, L.cholesky, L.eigvalsh, L.svdvals, L.pinv, lambda a: L.eigh(a).eigenvalues, lambda a: L.qr(a).R],
)
@pytest.mark.parametrize("shape", [(0, 2, 2), (3, 0, 0)])
def test_no_matrices_and_matrices_without_entries(function, shape):
    a = leaf(np.zeros(shape))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = function(a)
        y.sum().backward()
    assert a.grad.shape == shape


def test_a_gradient_of_a_float32_batch_is_float32():
    a = leaf(np.eye(3)[None] * [[[2.0]], [[3.0]]], "float32")
    for y in [
        L.det(a),
        L.slogdet(a).logabsdet,
        L.solve(a, np.ones(3, np.float32)),
        L.eigvalsh(a),
        L.norm(a, axis=(1, 2)),
    ]:
        (g,) = grad(y.sum(), a)
        assert (y.dtype, g.dtype) == (np.float32, np.float32)


def test_the_namespace_is_imported_when_numpy_first_asks_for_it():
    code = (
        "import sys, numpy as np, tinygrad_fs as tg\n"
        "assert 'tinygrad_fs.linalg' not in sys.modules\n"
        "t = tg.tensor([[2.0]], requires_grad=True)\n"
        "assert np.linalg.inv(t).requires_grad\n"
        "assert tg.linalg is sys.modules['tinygrad_fs.linalg']"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("function", [L.solve, L.lstsq, L.solve_triangular])
def test_one_operand_may_be_a_constant(function):
    a, b = np.array([[2.0, 1.0], [0.0, 4.0]]), np.array([1.0, 3.0])
    x = function(leaf(a), leaf(b))
    for arguments in [(a, leaf(b)), (leaf(a), b)]:
        y = function(*arguments)
        y, expected = (y.x, x.x) if function is L.lstsq else (y, x)
        np.testing.assert_array_equal(y.data, expected.data)
        assert gradcheck(lambda *args: as_list(function(*args))[0], arguments)
        assert gradgradcheck(lambda *args: as_list(function(*args))[0], arguments)
