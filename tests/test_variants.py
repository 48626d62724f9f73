"""What makes each teaching variant what it is. That they compute their equations is in test_cells.py and
test_recurrent.py, which run for every row of the table."""

from course_lib import variants

import keras
import numpy as np
import parity
import pytest
from keras import ops


def test_an_untrained_irnn_copies_its_state():
    cell = variants.IRNNCell(parity.UNITS)
    state = np.random.default_rng(1).uniform(size=(2, parity.UNITS)).astype("float32")
    output, _ = cell(np.zeros((2, parity.FEATURES), "float32"), [state])
    np.testing.assert_array_equal(ops.convert_to_numpy(output), state)


def test_without_peepholes_it_is_an_lstm():
    plain, special = parity.layer_of("LSTM"), parity.layer_of("peephole LSTM")
    special.set_weights([*plain.get_weights(), np.zeros((3, parity.UNITS))])
    inputs = parity.random_inputs()
    parity.same(special(inputs), plain(inputs), 0)


@pytest.mark.parametrize(
    ("cell_class", "start"),
    [(variants.CoupledLSTMCell, 0), (variants.PeepholeLSTMCell, parity.UNITS)],
)
def test_forget_gates_start_at_one(cell_class, start):
    cell = cell_class(parity.UNITS)
    cell.build((None, parity.FEATURES))
    expected = np.zeros(cell.bias.shape)
    expected[start : start + parity.UNITS] = 1
    np.testing.assert_array_equal(ops.convert_to_numpy(cell.bias), expected)
    cell = cell_class(parity.UNITS, unit_forget_bias=False)
    cell.build((None, parity.FEATURES))
    assert not ops.convert_to_numpy(cell.bias).any()


def test_a_layer_of_ones_own_names_its_cell_class():
    from course_lib import recurrent

    class PeepholeLSTM(recurrent.LSTM):
        cell_class = variants.PeepholeLSTMCell

    keras.utils.set_random_seed(0)
    layer = PeepholeLSTM(parity.UNITS, dropout=0.1, return_sequences=True)
    assert tuple(layer(parity.random_inputs()).shape) == (parity.BATCH, parity.TIME, parity.UNITS)
    assert len(layer.get_weights()) == 4
    assert layer.unit_forget_bias is True
    assert PeepholeLSTM.from_config(layer.get_config()).get_config() == layer.get_config()
