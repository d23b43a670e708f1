"""Layers that go through sequences step by step, each as one op: the plain one, LSTM and GRU.

One op for all steps, since steps are short: the products with the inputs of all steps are one, the states need no graph
of hundreds of nodes, and the gradients of the weights are one product again. The rows of `x` are the steps of all
sequences, as `Steps` orders them. What backward needs of the gates is a further output.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_fs.op import Op
from tinygrad_fs.ops.layers.steps import Steps
from tinygrad_fs.ops.operands import array_of
from tinygrad_fs.tensor import Tensor

__all__: list[str] = []


class Rnn(Op):
    """h_t = f(x_t w^T + h_(t-1) u^T + b), f = tanh or relu;  dx, dh, dw, du, db: backwards through the steps.

    Elman 1990, "Finding structure in time". Outputs: all h, and the last one of each sequence.
    """

    def forward(x: Any, h: Any, w: Any, u: Any, b: Any = None, *, steps: Steps, rectified: bool = False) -> Any:
        hidden = _affine(x, w, b)
        h = h.astype(hidden.dtype)  # a copy, which is written to
        sums = np.empty_like(h)
        for rows in steps.in_order():
            n = rows.stop - rows.start
            y = hidden[rows]
            y += np.matmul(h[:n], u.T, out=sums[:n])
            h[:n] = np.maximum(y, 0, out=y) if rectified else np.tanh(y, out=y)
        return hidden, h

    def vjp(g: Any, x: Any, h: Any, w: Any, u: Any, out: Any, needs: Any, steps: Steps, rectified: bool) -> Any:
        (g_hidden, dh), hidden = g, out[0]
        dz = {}
        for rows in steps.in_order()[::-1]:
            y, n = hidden[rows], rows.stop - rows.start
            slope = y > 0 if rectified else 1.0 - y * y
            dz[rows.start] = (g_hidden[rows] + dh[:n]) * slope
            dh = _replaced(dh, np.matmul(dz[rows.start], u), n)
        all_z = _in_rows(dz)
        dx, dw, du = _of_input(all_z, w, needs[0]), np.matmul(all_z.T, x), np.matmul(all_z.T, steps.before(hidden, h))
        return dx, dh, dw, du, _total(all_z)


class Lstm(Op):
    """c_t = f c_(t-1) + i a, h_t = o tanh(c_t);  dx, dh, dc, dw, du, db: backwards through the steps.

    With x_t w^T + h_(t-1) u^T + b in four parts: i, f and o are sigmoids of the first, second and fourth, and a is tanh
    of the third. Hochreiter and Schmidhuber 1997, "Long short-term memory"; Gers, Schmidhuber and Cummins 2000,
    "Learning to forget". Outputs: all h, the last h and c of each sequence; the gates i, f, o, a, and all c.
    """

    def forward(x: Any, h: Any, c: Any, w: Any, u: Any, b: Any = None, *, steps: Steps) -> Any:
        units = h.shape[1]
        gates = _affine(x, _lstm_signs(w, units), b if b is None else _lstm_signs(b, units))
        hidden, cells = (np.empty_like(gates, shape=(len(x), units)) for _ in range(2))
        h, c = h.astype(gates.dtype), c.astype(gates.dtype)  # copies, which are written to
        turned, sums = _lstm_signs(u, units).T, np.empty_like(gates, shape=(len(h), 4 * units))
        product = np.empty_like(h)
        with np.errstate(over="ignore"):
            for rows in steps.in_order():
                n = rows.stop - rows.start
                z, y, cell = gates[rows], hidden[rows], cells[rows]
                z += np.matmul(h[:n], turned, out=sums[:n])
                _open(z[:, : 3 * units])
                i, f, o, a = _parts(z, units)
                np.tanh(a, out=a)
                np.multiply(f, c[:n], out=cell)
                cell += np.multiply(i, a, out=product[:n])
                np.tanh(cell, out=y)
                y *= o
                h[:n], c[:n] = y, cell
        return hidden, h, c, gates, cells

    def vjp(g: Any, x: Any, h: Any, c: Any, w: Any, u: Any, out: Any, needs: Any, steps: Steps) -> Any:
        g_hidden, dh, dc, g_gates, g_cells = g
        hidden, _, _, gates, cells = out
        units = h.shape[1]
        second = _matters(g_gates) or _matters(g_cells)
        earlier, squashed = steps.before(cells, c), np.tanh(cells)
        dz = {}
        for rows in steps.in_order()[::-1]:
            n = rows.stop - rows.start
            (i, f, o, a), t = _parts(gates[rows], units), squashed[rows]
            dy = g_hidden[rows] + dh[:n]
            dc_n = dc[:n] + dy * o * (1.0 - t * t)
            if second:
                dc_n = dc_n + g_cells[rows]
            d = dc_n * a, dc_n * earlier[rows], dy * t, dc_n * i
            if second:
                d = tuple([one + more for one, more in zip(d, _parts(g_gates[rows], units))])
            dz[rows.start] = np.concatenate(
                [d[0] * (i * (1.0 - i)), d[1] * (f * (1.0 - f)), d[3] * (1.0 - a * a), d[2] * (o * (1.0 - o))], axis=1
            )
            dh, dc = _replaced(dh, np.matmul(dz[rows.start], u), n), _replaced(dc, dc_n * f, n)
        all_z = _in_rows(dz)
        dx, dw, du = _of_input(all_z, w, needs[0]), np.matmul(all_z.T, x), np.matmul(all_z.T, steps.before(hidden, h))
        return dx, dh, dc, dw, du, _total(all_z)


class Gru(Op):
    """h_t = (1 - s) a + s h_(t-1), r and s open it;  dx, dh, dw, du, db, dv: backwards through the steps.

    With y = x_t w^T + b and k = h_(t-1) u^T + v, each in three parts: r and s are sigmoids of y_1 + k_1 and y_2 + k_2,
    and a = tanh(y_3 + r k_3). Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder for
    statistical machine translation", in the version whose products with u are one. Outputs: all h, and the last one of
    each sequence; r, s, a; and k_3.
    """

    def forward(x: Any, h: Any, w: Any, u: Any, b: Any = None, v: Any = None, *, steps: Steps) -> Any:
        units = h.shape[1]
        b, v = (None if each is None else _gru_signs(each, units) for each in (b, v))
        gates = _affine(x, _gru_signs(w, units), b)
        hidden, inner = (np.empty_like(gates, shape=(len(x), units)) for _ in range(2))
        h = h.astype(gates.dtype)  # a copy, which is written to
        turned, sums = _gru_signs(u, units).T, np.empty_like(gates, shape=(len(h), 3 * units))
        with np.errstate(over="ignore"):
            for rows in steps.in_order():
                n = rows.stop - rows.start
                z, y, k = gates[rows], hidden[rows], np.matmul(h[:n], turned, out=sums[:n])
                if v is not None:
                    k += v
                z[:, : 2 * units] += k[:, : 2 * units]
                _open(z[:, : 2 * units])
                r, s, a = _parts(z, units)
                inner[rows] = k[:, 2 * units :]
                a += np.multiply(r, inner[rows], out=y)
                np.tanh(a, out=a)
                np.subtract(h[:n], a, out=y)
                y *= s
                y += a
                h[:n] = y
        return hidden, h, gates, inner

    def vjp(g: Any, x: Any, h: Any, w: Any, u: Any, out: Any, needs: Any, steps: Steps) -> Any:
        g_hidden, dh, g_gates, g_inner = g
        hidden, _, gates, inner = out
        units = h.shape[1]
        second = _matters(g_gates) or _matters(g_inner)
        before = steps.before(hidden, h)
        dy, dk = {}, {}
        for rows in steps.in_order()[::-1]:
            n = rows.stop - rows.start
            (r, s, a), k = _parts(gates[rows], units), inner[rows]
            g_h = g_hidden[rows] + dh[:n]
            ds, da = g_h * (before[rows] - a), g_h * (1.0 - s)
            if second:
                g_r, g_s, g_a = _parts(g_gates[rows], units)
                ds, da = ds + g_s, da + g_a
            da = da * (1.0 - a * a)
            dr, d_inner = da * k, da * r
            if second:
                dr, d_inner = dr + g_r, d_inner + g_inner[rows]
            opened = [dr * (r * (1.0 - r)), ds * (s * (1.0 - s))]
            dy[rows.start] = np.concatenate([*opened, da], axis=1)
            dk[rows.start] = np.concatenate([*opened, d_inner], axis=1)
            dh = _replaced(dh, g_h * s + np.matmul(dk[rows.start], u), n)
        all_y, all_k = _in_rows(dy), _in_rows(dk)
        dx, dw, du = _of_input(all_y, w, needs[0]), np.matmul(all_y.T, x), np.matmul(all_k.T, before)
        return dx, dh, dw, du, _total(all_y), _total(all_k)


def _lstm_signs(w: Any, units: int) -> Any:
    """The parts for i, f, o, a, the first three negative: e^-z is what a sigmoid begins with."""
    return np.concatenate([-w[: 2 * units], -w[3 * units :], w[2 * units : 3 * units]])


def _gru_signs(w: Any, units: int) -> Any:
    """The parts for r and s negative, as those of `_lstm_signs`."""
    return np.concatenate([-w[: 2 * units], w[2 * units :]])


def _open(z: Any) -> None:
    """Make 1 / (1 + e^z) of z, in place; e^z may overflow."""
    np.exp(z, out=z)
    z += 1.0
    np.divide(1.0, z, out=z)


def _parts(z: Any, units: int) -> tuple[Any, ...]:
    return tuple([z[:, start : start + units] for start in range(0, z.shape[1], units)])


def _affine(x: Any, w: Any, b: Any) -> Any:
    y = np.matmul(x, w.T)
    if b is not None:
        y += b
    return y


def _replaced(state: Any, part: Any, n: int) -> Any:
    """`state` with its first `n` rows replaced."""
    return part if n == len(state) else np.concatenate([part, state[n:]])


def _in_rows(steps: dict[int, Any]) -> Any:
    return np.concatenate([steps[start] for start in sorted(steps)])


def _of_input(dz: Any, w: Any, needed: bool) -> Any:
    return np.matmul(dz, w) if needed else None


def _total(dz: Any) -> Any:
    """The sum of rows, as a product: BLAS sums several times as fast."""
    return np.matmul(np.ones_like(array_of(dz), shape=len(dz)), dz)


def _matters(g: Any) -> bool:
    """Whether a gradient is more than zeros: nobody but a second derivative uses the further outputs."""
    return bool(g.requires_grad or g.data.any()) if isinstance(g, Tensor) else bool(g.any())
