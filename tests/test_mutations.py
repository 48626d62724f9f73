"""Would the tests see a mistake? Make mistakes, one at a time, and see each caught by the test that should.

A mutation replaces one piece of the source of one function (tests/mutants.py). A test of this course judges
it, called with the arguments that pytest would give it. Only values that disagree or a refused shape
count. The same tests must pass on the source as it stands, compiled by the same engine.
"""

from course_lib import cells, recurrent, scratch, variants

import keras
import mutants
import pytest
import test_cells
import test_recurrent
import test_scratch

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="asks whether the tests can see a mistake; the tests are the same everywhere",
)


def equations(name, mask="inside", backwards=False):
    return test_recurrent.test_a_layer_computes_the_equations, name, mask, backwards


def kerass(name, mask="inside"):
    return test_recurrent.test_equals_keras_in_value_and_gradient, name, mask, "float64"


def dropout(name, **rates):
    return test_cells.test_dropout_multiplies_every_step_by_the_same_masks, name, rates


def recorded(name, backwards=False):
    return test_recurrent.test_what_is_recorded_is_what_the_equations_compute, name, backwards


def initial(name):
    return test_recurrent.test_initial_weights_have_kerass_names_and_values, name


def penalty(part):
    return test_cells.test_a_penalty_falls_on_its_own_weight, "GRU", part


def constraint(part):
    return test_cells.test_a_constraint_holds_its_own_weight_after_an_update, "GRU", part


def gradients(name, mask="inside"):
    return test_scratch.test_hand_written_gradients_equal_central_differences, name, mask


def cell_inputs(*arguments):
    return test_recurrent.test_starts_from_the_initial_state_it_is_given, *arguments


Cell, SimpleRNNCell, GRUCell, LSTMCell = (
    cells.Cell,
    cells.SimpleRNNCell,
    cells.GRUCell,
    cells.LSTMCell,
)
CoupledLSTMCell, PeepholeLSTMCell = variants.CoupledLSTMCell, variants.PeepholeLSTMCell
BOTH = {"dropout": 0.4, "recurrent_dropout": 0.3}

# what is wrong with it: (function, piece of its source, what stands there instead, the test that sees it)
MUTATIONS = {
    # what all cells share
    "recurrent kernel transposed": (
        Cell._recurrent,
        "return ops.matmul(hidden_state, kernel)",
        "return ops.matmul(hidden_state, ops.transpose(kernel))",
        equations("SimpleRNN"),
    ),
    "gates from first to last": (
        Cell._recurrent,
        "for gate in chosen], axis=1)",
        "for gate in range(chosen[0], chosen[-1] + 1)], axis=1)",
        (
            test_cells.test_the_recurrent_product_is_that_of_the_named_gates_in_their_order,
            ("z", "h"),
        ),
    ),
    "a mask for each gate in the order of the kernel": (
        Cell._recurrent,
        "mask = [mask[gate] for gate in chosen]",
        "mask = mask[: len(chosen)]",
        (
            test_cells.test_the_recurrent_product_is_that_of_the_named_gates_in_their_order,
            ("h", "z"),
        ),
    ),
    "input bias dropped": (
        Cell.project,
        "projected + self._weight(self._input_bias())",
        "projected",
        equations("SimpleRNN"),
    ),
    "bias counted twice": (
        Cell.project,
        "projected + self._weight(self._input_bias())",
        "projected + 2 * self._weight(self._input_bias())",
        equations("LSTM"),
    ),
    "input dropout forgotten": (
        Cell.project,
        "if training and self.dropout:",
        "if False:",
        dropout("SimpleRNN", dropout=0.4, implementation=2),
    ),
    "input dropout left on after training": (
        Cell.project,
        "if training and self.dropout:",
        "if self.dropout:",
        dropout("SimpleRNN", dropout=0.4, implementation=2),
    ),
    "recurrent dropout forgotten": (
        Cell._recurrent,
        "if not (training and self.recurrent_dropout):",
        "if True:",
        dropout("GRU", recurrent_dropout=0.4),
    ),
    "one mask for all gates": (
        cells._masked_matmul,
        "zip(mask, blocks, strict=True)",
        "zip(mask[:1] * len(mask), blocks, strict=True)",
        dropout("LSTM", **BOTH),
    ),
    "the penalty on the wrong kernel": (
        Cell.build,
        "regularizer=self.recurrent_regularizer",
        "regularizer=self.kernel_regularizer",
        penalty("kernel"),
    ),
    "the recurrent penalty forgotten": (
        Cell.build,
        "regularizer=self.recurrent_regularizer",
        "regularizer=None",
        penalty("recurrent"),
    ),
    "the constraint on the wrong kernel": (
        Cell.build,
        "constraint=self.kernel_constraint",
        "constraint=self.recurrent_constraint",
        constraint("kernel"),
    ),
    "the recurrent constraint forgotten": (
        Cell.build,
        "constraint=self.recurrent_constraint",
        "constraint=None",
        constraint("recurrent"),
    ),
    "the constraint of the bias forgotten": (
        Cell.build,
        "constraint=self.bias_constraint",
        "constraint=None",
        constraint("bias"),
    ),
    "an argument forgotten in the configuration": (
        Cell.get_config,
        "'recurrent_constraint': keras.constraints.serialize(self.recurrent_constraint),",
        "",
        (test_cells.test_a_cell_is_made_again_from_its_configuration, "IRNN"),
    ),
    "output_size doubled": (
        Cell.__init__,
        "self.units = self.output_size = units",
        "self.units = units; self.output_size = 2 * units",
        (
            test_recurrent.test_the_shape_that_is_promised_is_the_shape_that_comes,
            "peephole LSTM",
            "ours",
        ),
    ),
    # the vanilla cell
    "h is not fed back": (
        SimpleRNNCell.step,
        "projected + self._recurrent(h, training)",
        "projected",
        equations("SimpleRNN"),
    ),
    # the GRU
    "z and r swapped": (
        GRUCell.step,
        "x_z, x_r, x_h = ops.split",
        "x_r, x_z, x_h = ops.split",
        equations("GRU"),
    ),
    "z and r swapped on the recurrent side": (
        GRUCell.step,
        "h_z, h_r, h_h =",
        "h_r, h_z, h_h =",
        kerass("GRU"),
    ),
    "z and r swapped on the recurrent side, reset before": (
        GRUCell.step,
        "h_z, h_r = ops.split",
        "h_r, h_z = ops.split",
        equations("GRU reset before"),
    ),
    "recurrent bias dropped": (
        GRUCell.step,
        "recurrent + self._weight(self.bias[1])",
        "recurrent",
        equations("GRU"),
    ),
    "one bias used on both sides": (
        GRUCell.step,
        "self.bias[1]",
        "self.bias[0]",
        kerass("GRU"),
    ),
    "the other meaning of z": (
        GRUCell.step,
        "z * h + (1 - z) * candidate",
        "(1 - z) * h + z * candidate",
        equations("GRU"),
    ),
    "reset gate left out": (GRUCell.step, "x_h + r * h_h", "x_h + h_h", equations("GRU")),
    "reset gate left out, reset before": (
        GRUCell.step,
        "self._recurrent(r * h,",
        "self._recurrent(h,",
        kerass("GRU reset before"),
    ),
    "reset gate on the input too": (
        GRUCell.step,
        "x_h + r * h_h",
        "r * (x_h + h_h)",
        equations("GRU"),
    ),
    "sigmoid for tanh in the candidate": (
        GRUCell.step,
        "self.activation(x_h + r * h_h)",
        "self.recurrent_activation(x_h + r * h_h)",
        kerass("GRU other activations"),
    ),
    "reset before takes the wrong columns": (
        GRUCell.step,
        "gates=('h',)",
        "gates=('r',)",
        equations("GRU reset before"),
    ),
    "z and r exchanged in the record": (
        GRUCell.step,
        "record.update(z=z, r=r,",
        "record.update(z=r, r=z,",
        recorded("GRU"),
    ),
    # the LSTM and its variants
    "i and f swapped": (
        LSTMCell.step,
        "i, f, candidate, o =",
        "f, i, candidate, o =",
        equations("LSTM"),
    ),
    "candidate and o swapped": (
        LSTMCell.step,
        "i, f, candidate, o =",
        "i, f, o, candidate =",
        kerass("LSTM"),
    ),
    "c is not carried": (
        LSTMCell.step,
        "[h, c]",
        "[h, states[1]]",
        equations("LSTM"),
    ),
    "c is returned for h": (
        LSTMCell.step,
        "h, [h, c]",
        "c, [h, c]",
        equations("LSTM"),
    ),
    "no tanh on the way out": (
        LSTMCell._output,
        "o * self.activation(c)",
        "o * c",
        equations("LSTM"),
    ),
    "no input gate": (
        LSTMCell.step,
        "f * c + i * candidate",
        "f * c + candidate",
        equations("LSTM"),
    ),
    "no forget gate": (LSTMCell.step, "c = f * c + i", "c = c + i", kerass("LSTM")),
    "sigmoid built in": (
        LSTMCell.step,
        "i = self.recurrent_activation(i)",
        "i = ops.sigmoid(i)",
        equations("LSTM other activations"),
    ),
    "forget bias at the wrong gate": (
        LSTMCell._initial_bias,
        "[self.bias_initializer(one_gate, dtype=dtype), ops.ones(one_gate, dtype=dtype),",
        "[ops.ones(one_gate, dtype=dtype), self.bias_initializer(one_gate, dtype=dtype),",
        initial("LSTM"),
    ),
    "i and o exchanged in the record": (
        LSTMCell.step,
        "i=i, f=f, candidate=candidate, o=o",
        "i=o, f=f, candidate=candidate, o=i",
        recorded("LSTM"),
    ),
    "f and o exchanged in the coupled cell": (
        CoupledLSTMCell.step,
        "f, candidate, o = ops.split",
        "o, candidate, f = ops.split",
        recorded("coupled LSTM"),
    ),
    "f and o exchanged in the coupled cell's record": (
        CoupledLSTMCell.step,
        "f=f, candidate=candidate, o=o",
        "f=o, candidate=candidate, o=f",
        recorded("coupled LSTM"),
    ),
    "the output gate looks at the old cell state": (
        PeepholeLSTMCell.step,
        "o = self.recurrent_activation(o + peepholes[2] * c)",
        "o = self.recurrent_activation(o + peepholes[2] * states[1])",
        equations("peephole LSTM"),
    ),
    "the tanh back in": (
        variants.LinearOutputLSTMCell._output,
        "o * c",
        "o * ops.tanh(c)",
        equations("linear output LSTM"),
    ),
    # the loop
    "mask forgotten": (
        recurrent.RNN.inner_loop,
        "mask=mask",
        "mask=None",
        equations("SimpleRNN"),
    ),
    "mask turned round": (
        recurrent._checked_mask,
        "return ops.cast(mask, 'bool')",
        "return mask[:, ::-1]",
        equations("GRU"),
    ),
    "direction forgotten": (
        recurrent.RNN.inner_loop,
        "go_backwards=self.go_backwards",
        "go_backwards=False",
        equations("SimpleRNN", "no mask", True),
    ),
    "initial state forgotten": (
        recurrent.RNN.call,
        "sequences, initial_state=initial_state, mask",
        "sequences, initial_state=None, mask",
        cell_inputs("LSTM"),
    ),
    "zeros where masked forgotten": (
        recurrent.RNN.inner_loop,
        "zero_output_for_mask=self.zero_output_for_mask",
        "zero_output_for_mask=False",
        (test_recurrent.test_zeros_where_masked_equal_keras, "GRU"),
    ),
    "training forgotten in the step": (
        recurrent.RNN.inner_loop,
        "list(states), training",
        "list(states), False",
        dropout("SimpleRNN", **BOTH),
    ),
    "training forgotten in the projection": (
        recurrent.RNN.inner_loop,
        "self.cell.project(sequences, training)",
        "self.cell.project(sequences)",
        dropout("SimpleRNN", **BOTH),
    ),
    "the states that are left are the first ones": (
        recurrent.record,
        "zip(cell.state_names, states, strict=True)",
        "zip(('h', 'c'), states, strict=False)",
        (test_recurrent.test_record_returns_every_state_a_cell_names,),
    ),
    "states of another batch stretched": (
        recurrent._checked_states,
        "expected = (sequences.shape[0], size)",
        "expected = (None, size)",
        (
            test_recurrent.test_initial_states_that_do_not_fit_are_refused,
            [(1, 5), (3, 5)],
            r"Received .*\(1, 5\)",
        ),
    ),
    "the penalty on the outputs forgotten": (
        recurrent._CellLayer.__init__,
        "super().__init__(cell, **kwargs)",
        "super().__init__(cell, **{**kwargs, 'activity_regularizer': None})",
        (test_recurrent.test_a_penalty_on_the_outputs_equals_keras, "LSTM", True),
    ),
    # backpropagation by hand: through time
    "mask forgotten on the way forward": (
        scratch.Network.forward,
        "np.where(real, n, old) for n",
        "n for n",
        gradients("SimpleRNN"),
    ),
    "mask forgotten on the way back": (
        scratch.Network.backward,
        "np.where(real, d, 0.0)",
        "d",
        gradients("SimpleRNN"),
    ),
    "no gradient carried over a masked step": (
        scratch.Network.backward,
        "o + c for o, c in",
        "o for o, c in",
        gradients("SimpleRNN"),
    ),
    "the loss counted at the last step only": (
        scratch.Network.backward,
        "d_states[0] + d_hidden[:, t]",
        "d_states[0] + d_hidden[:, t] * (t == time - 1)",
        gradients("GRU"),
    ),
    "the loss through the final states forgotten": (
        scratch.Network.backward,
        "if d_final_states is None:",
        "if True:",
        gradients("LSTM"),
    ),
    "time run forwards on the way back": (
        scratch.Network.backward,
        "reversed(range(time))",
        "range(time)",
        gradients("SimpleRNN", "no mask"),
    ),
    # the vanilla network
    "gradients overwritten instead of added": (
        scratch.SimpleRNN.step_back,
        "gradients['recurrent_kernel'] +=",
        "gradients['recurrent_kernel'][:] =",
        gradients("SimpleRNN"),
    ),
    "activation's derivative forgotten": (
        scratch.SimpleRNN.step_back,
        "dh * self._derivative(h)",
        "dh",
        gradients("SimpleRNN"),
    ),
    "derivative taken at the old state": (
        scratch.SimpleRNN.step_back,
        "self._derivative(h)",
        "self._derivative(h_old)",
        gradients("SimpleRNN"),
    ),
    "new state for old": (
        scratch.SimpleRNN.step_back,
        "h_old.T @ da",
        "h.T @ da",
        gradients("SimpleRNN"),
    ),
    "recurrent kernel not transposed": (
        scratch.SimpleRNN.step_back,
        "da @ recurrent_kernel.T",
        "da @ recurrent_kernel",
        gradients("SimpleRNN"),
    ),
    "bias averaged over the batch": (
        scratch.SimpleRNN.step_back,
        "da.sum(axis=0)",
        "da.mean(axis=0)",
        gradients("SimpleRNN"),
    ),
    # one gate
    "the path through the gate forgotten": (
        scratch.SimplifiedGRU.step_back,
        "da @ recurrent_kernel.T + dh * z",
        "da @ recurrent_kernel.T",
        gradients("simplified GRU"),
    ),
    "old and new exchanged in dz": (
        scratch.SimplifiedGRU.step_back,
        "(h_old - candidate)",
        "(candidate - h_old)",
        gradients("simplified GRU"),
    ),
    "the other meaning of z on the way back": (
        scratch.SimplifiedGRU.step_back,
        "dh * (1 - z) * (1 - candidate ** 2)",
        "dh * z * (1 - candidate ** 2)",
        gradients("simplified GRU"),
    ),
    # reset before the product
    "reset state taken for the state": (
        scratch.GRUResetBefore.step_back,
        "(r * h_old).T @ da_h",
        "h_old.T @ da_h",
        gradients("GRU reset before"),
    ),
    "reset gate's product rule cut short": (
        scratch.GRUResetBefore.step_back,
        "+ d_reset * r +",
        "+ d_reset +",
        gradients("GRU reset before"),
    ),
    "no path through the reset gate": (
        scratch.GRUResetBefore.step_back,
        "+ da_r @ u_r.T",
        "",
        gradients("GRU reset before"),
    ),
    # reset after the product
    "reset gate left out on the recurrent side": (
        scratch.GRU.step_back,
        "[da_z, da_r, da_h * r]",
        "[da_z, da_r, da_h]",
        gradients("GRU"),
    ),
    "reset gate's derivative without the product": (
        scratch.GRU.step_back,
        "da_h * h_h * r * (1 - r)",
        "da_h * r * (1 - r)",
        gradients("GRU"),
    ),
    "one bias gradient used for both": (
        scratch.GRU.step_back,
        "d_recurrent_side.sum(axis=0)",
        "d_input_side.sum(axis=0)",
        gradients("GRU"),
    ),
    # the LSTM by hand
    "what comes through h forgotten in dc": (
        scratch.LSTM.step_back,
        "dc = dc + dh * o * (1 - tanh_c ** 2)",
        "dc = dc",
        gradients("LSTM"),
    ),
    "what comes from the next step forgotten in dc": (
        scratch.LSTM.step_back,
        "dc = dc + dh",
        "dc = dh",
        gradients("LSTM"),
    ),
    "output tanh's derivative forgotten": (
        scratch.LSTM.step_back,
        "dh * o * (1 - tanh_c ** 2)",
        "dh * o",
        gradients("LSTM"),
    ),
    "new cell state for old": (
        scratch.LSTM.step_back,
        "dc * c_old * f",
        "dc * c * f",
        gradients("LSTM"),
    ),
    "i for f on the way to the old cell state": (
        scratch.LSTM.step_back,
        "dc * f)",
        "dc * i)",
        gradients("LSTM"),
    ),
    "gates in another order on the way back": (
        scratch.LSTM.step_back,
        "[da_i, da_f, da_c, da_o]",
        "[da_i, da_f, da_o, da_c]",
        gradients("LSTM"),
    ),
}


@pytest.mark.parametrize("what", MUTATIONS)
def test_a_mistake_is_caught(what):
    function, piece, replacement, (test, *arguments) = MUTATIONS[what]
    with mutants.mistake(function, piece, replacement):
        assert mutants.sees(test, *arguments)


FUNCTIONS = {f"{f.__module__}.{f.__qualname__}": f for f, *_ in MUTATIONS.values()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_source_as_it_stands_passes(name):
    """The tests that judge a function pass on it, compiled by the same engine without a mistake."""
    judges = []
    for function, *_, judge in MUTATIONS.values():
        if function is FUNCTIONS[name] and judge not in judges:
            judges.append(judge)
    with mutants.mistake(FUNCTIONS[name]):
        for test, *arguments in judges:
            test(*arguments)


# -- the engine itself -----------------------------------------------------------------------------


def test_only_disagreement_and_refused_shapes_count():
    def fails(error):
        raise error

    assert not mutants.sees(lambda: None)
    assert mutants.sees(fails, AssertionError("values differ"))
    assert mutants.sees(fails, ValueError("Dimensions must be equal, but are 5 and 15"))
    assert mutants.sees(lambda: pytest.fail("did not raise"))
    for error in (NameError("f"), AttributeError("f"), TypeError("f"), SyntaxError("f")):
        with pytest.raises(type(error)):
            mutants.sees(fails, error)
    with pytest.raises(ValueError, match="not enough values"):
        mutants.sees(fails, ValueError("not enough values to unpack"))


def test_layout_does_not_count_and_a_piece_must_occur_once():
    source = "f = [a ** 2,\n     fa * b]"
    assert mutants.replaced(source, "a**2, fa*b", "c") == "f = [c]"
    with pytest.raises(AssertionError, match="occurs 2 times"):
        mutants.replaced("a + b + a", "a", "c")
    with pytest.raises(AssertionError, match="occurs 0 times"):
        mutants.replaced(source, "a * b", "c")  # not the end of another name


def test_the_real_function_is_back_afterwards():
    before = LSTMCell._output
    with mutants.mistake(before, "o * self.activation(c)", "o"):
        assert LSTMCell._output is not before
    assert LSTMCell._output is before
