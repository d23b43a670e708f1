"""Modules with PyTorch's weights give PyTorch's outputs and gradients and keep its state, in float64."""

import numpy as np
import pytest
from parity import fingerprint, ours, recorded, theirs, torch
from parity_rows import ROWS

from tinygrad_fs import nn

EXPECTED = recorded()


def test_every_row_is_recorded():
    """After a change of rows: `python tests/nn/parity.py` with PyTorch installed."""
    assert [str(row) for row in ROWS] == list(EXPECTED)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss:UserWarning")
@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask and attn_mask:UserWarning")
@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True, but:UserWarning")
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_as_pytorch(row):
    found = ours(row)
    if torch is not None:
        wanted = theirs(row)
        assert list(found) == list(wanted)
        for name, array in wanted.items():
            np.testing.assert_allclose(found[name], array, rtol=1e-7, atol=1e-9, err_msg=name)
    prints = EXPECTED[str(row)]
    assert list(found) == list(prints)
    for name, array in found.items():
        np.testing.assert_allclose(fingerprint(array), prints[name], rtol=1e-7, atol=1e-7, err_msg=name)


def test_every_module_has_a_row():
    types = {name for name in nn.__all__ if isinstance(getattr(nn, name), type)}
    modules = {name for name in types if issubclass(getattr(nn, name), nn.Module)}
    containers = {"Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"}
    within_others = {"Dropout3d", "TransformerDecoder", "TransformerEncoder"}
    become_others = {name for name in modules if name.startswith("Lazy")}
    assert modules - {row.name for row in ROWS} == containers | within_others | become_others
