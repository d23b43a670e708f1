"""Attention and transformers: masks, what is dropped, stacks of layers, what is refused."""

import copy
import re

import numpy as np
import pytest

import tinygrad_fs as tg
from tinygrad_fs import nn

E, HEADS = 4, 2


@pytest.fixture
def attention():
    return nn.MultiheadAttention(E, HEADS, batch_first=True)


def test_weights_are_those_of_the_formula(attention):
    x = tg.randn(1, 3, E)
    output, weights = attention(x, x, x, average_attn_weights=False)
    q, k, v = np.split(x.data[0] @ attention.in_proj_weight.data.T, 3, axis=1)
    heads = []
    for head in range(HEADS):
        part = slice(head * E // HEADS, (head + 1) * E // HEADS)
        scores = np.exp(q[:, part] @ k[:, part].T / np.sqrt(E / HEADS))
        scores /= scores.sum(1, keepdims=True)
        np.testing.assert_allclose(weights.data[0, head], scores, rtol=1e-5)
        heads.append(scores @ v[:, part])
    np.testing.assert_allclose(
        output.data[0], np.hstack(heads) @ attention.out_proj.weight.data.T, rtol=1e-4, atol=1e-6
    )


def test_is_causal_needs_no_mask(attention):
    x = tg.randn(2, 5, E)
    mask = ~np.tri(5, dtype=bool)
    given, _ = attention(x, x, x, attn_mask=mask)
    alone, weights = attention(x, x, x, is_causal=True)
    assert alone.tolist() == given.tolist()
    assert (weights.data[:, mask] == 0).all()


def test_whoever_may_attend_to_nothing_gets_zeros_and_no_nan(attention):
    x = tg.randn(1, 2, E, requires_grad=True)
    output, weights = attention(x, x, x, key_padding_mask=[[True, True]])
    assert (weights.data == 0).all()
    np.testing.assert_array_equal(output.data, np.broadcast_to(attention.out_proj.bias.data, (1, 2, E)))
    output.sum().backward()
    assert np.isfinite(x.grad.data).all()


def test_a_mask_of_floats_is_differentiated(attention):
    x = tg.randn(1, 3, E)
    bias = tg.zeros((3, 3), requires_grad=True)
    output, _ = attention(x, x, x, attn_mask=bias, need_weights=False)
    (output * output).sum().backward()
    assert np.abs(bias.grad.data).max() > 0
    np.testing.assert_allclose(bias.grad.data.sum(1), 0, atol=1e-6)  # a softmax does not see a shift


def test_dropout_leaves_weights_out_while_training():
    layer = nn.MultiheadAttention(E, HEADS, dropout=0.5, generator=np.random.default_rng(0))
    x = tg.randn(50, 1, E)
    weights = layer(x, x, x, average_attn_weights=False)[1].data
    assert 0.4 < (weights == 0).mean() < 0.6
    assert (layer.eval()(x, x, x)[1].data > 0).all()


def test_initial_values():
    layer = nn.MultiheadAttention(64, 4, add_bias_kv=True)
    bound = np.sqrt(6 / (64 + 3 * 64))
    assert bound * 0.98 < np.abs(layer.in_proj_weight.data).max() <= bound
    assert (layer.in_proj_bias.data == 0).all()
    assert (layer.out_proj.bias.data == 0).all()
    assert np.abs(layer.out_proj.weight.data).max() <= 1 / 8
    assert layer.bias_k.data.std() == pytest.approx(np.sqrt(2 / 128), rel=0.3)
    before = layer.in_proj_weight.data.copy()
    layer.reset_parameters()
    assert (layer.in_proj_weight.data != before).any()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda a, x: nn.MultiheadAttention(5, 2), ValueError, "embed_dim=5 does not divide into num_heads=2"),
        (lambda a, x: a(x, x[:1], x[:1]), ValueError, "there must be as many sequences of each"),
        (lambda a, x: a(x, x, x[:, :2]), ValueError, "as many values as keys"),
        (lambda a, x: a(x, x[0], x[0]), ValueError, "all three two or three axes"),
        (lambda a, x: a(x[..., :3], x, x), ValueError, "query (2, 3, 3), key (2, 3, 4)"),
        (lambda a, x: a(x, x, x, attn_mask=np.ones((2, 3), bool)), ValueError, "it must be (3, 3) or (4, 3, 3)"),
        (
            lambda a, x: a(x, x, x, np.ones((3, 2), bool)),
            ValueError,
            "key_padding_mask has shape (3, 2); it must be (2, 3)",
        ),
        (lambda a, x: a(x, x, x, np.ones((2, 3), int)), TypeError, "a mask of dtype int64 is ambiguous"),
        (lambda a, x: a(x.astype("float64"), x, x), TypeError, "the input has dtype float64"),
        (lambda a, x: nn.TransformerEncoderLayer(4, 2, activation="tanh"), ValueError, "activation='tanh' is unknown"),
    ],
)
def test_what_is_refused(attention, call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call(attention, tg.ones((2, 3, E)))


class TestStacks:
    def test_layers_are_copies_with_parameters_of_their_own(self):
        layer = nn.TransformerEncoderLayer(E, HEADS, 8, 0.0)
        encoder = nn.TransformerEncoder(layer, 3, norm=nn.LayerNorm(E))
        assert len({id(p) for p in encoder.parameters()}) == 3 * len(list(layer.parameters())) + 2
        x = tg.randn(3, 2, E)
        expected = encoder.norm(layer(layer(layer(x))))
        np.testing.assert_allclose(encoder(x).data, expected.data, rtol=1e-5, atol=1e-6)

    def test_copies_draw_different_masks_from_one_generator(self):
        generator = np.random.default_rng(0)
        layer = nn.TransformerEncoderLayer(E, HEADS, 8, 0.5, generator=generator)
        encoder = nn.TransformerEncoder(layer, 2)
        assert all(m.generator is generator for m in encoder.modules() if isinstance(m, nn.Dropout))

    def test_masks_reach_every_layer(self):
        encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(E, HEADS, 8, 0.0), 2)
        x = tg.randn(4, 1, E)
        mask = nn.Transformer.generate_square_subsequent_mask(4)
        changed = copy.deepcopy(x)
        changed[3] = 5.0
        for options in ({"mask": mask}, {"is_causal": True}):
            np.testing.assert_allclose(encoder(x, **options).data[:3], encoder(changed, **options).data[:3], rtol=1e-6)
        assert not np.allclose(encoder(x).data[:3], encoder(changed).data[:3])

    def test_a_decoder_attends_to_its_memory(self):
        decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(E, HEADS, 8, 0.0), 2, nn.LayerNorm(E))
        x, memory = tg.randn(3, 1, E), tg.randn(5, 1, E, requires_grad=True)
        decoder(x, memory, memory_key_padding_mask=[[False, False, True, False, True]]).prod().backward()
        used = np.abs(memory.grad.data).sum((1, 2)) > 0
        assert used.tolist() == [True, True, False, True, False]

    def test_a_part_may_be_given(self):
        encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(E, HEADS, 8, 0.0), 1)
        net = nn.Transformer(E, HEADS, 1, 1, 8, custom_encoder=encoder)
        assert net.encoder is encoder
