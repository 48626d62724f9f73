"""The drawings, by what is drawn: which signs and labels, how many arrows, and where they end."""

from itertools import combinations, pairwise

import matplotlib

matplotlib.use("Agg")

from course_lib.plots import drawings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle

NO_INSIDE = np.array([[0, 0, 1], [0, 0, 0], [0, 0, 0]], bool), [False, False, True]  # O, then I
EVERY = {
    "sequence_shapes": drawings.sequence_shapes,
    "sequence_shapes with shapes": lambda: drawings.sequence_shapes(shapes=True),
    "unrolled": drawings.unrolled,
    "unrolled, shapes": lambda: drawings.unrolled(shapes=True),
    "unrolled, no outputs": lambda: drawings.unrolled(outputs="none", shapes=True),
    "unrolled, loop": lambda: drawings.unrolled(loop=True),
    "unrolled, loop, backward": lambda: drawings.unrolled(loop=True, backward=True),
    "unrolled, backward": lambda: drawings.unrolled(backward=True, shapes=True),
    "unrolled, backward, no outputs": lambda: drawings.unrolled(5, backward=True, outputs="none"),
    "unrolled, weights": lambda: drawings.unrolled(4, backward=True, weight_gradients=True),
    "unrolled, weights, words": lambda: drawings.unrolled(
        backward=True, weight_gradients=True, words=("not", "bad", "film"), outputs="last"
    ),
    "unrolled, no inputs": lambda: drawings.unrolled(inputs=False, shapes=True),
    "unrolled, no inputs, loop": lambda: drawings.unrolled(inputs=False, loop=True, cell="$F$"),
    "unrolled, fed back": lambda: drawings.unrolled(5, fed_back=3, words=[*"abcde"]),
    "unrolled, head": lambda: drawings.unrolled(
        head="$V, c$",
        output="p",
        words=[*"abc"],
        shapes=("(batch, 50)", "(batch, units)", "(batch, 2)"),
    ),
    "unrolled, head, backward": lambda: drawings.unrolled(head="$V, c$", backward=True),
    "unrolled, future part": lambda: drawings.unrolled(
        backward=True, weight_gradients=True, future_part=True
    ),
    "fork": drawings.fork,
    "unrolled, targets": lambda: drawings.unrolled(words=[*"abc"], targets=[*"bcd"]),
    "unrolled, 8": lambda: drawings.unrolled(8, outputs="last"),
    "simple_cell": drawings.simple_cell,
    "lstm_cell": drawings.lstm_cell,
    "gru_cell": drawings.gru_cell,
    "gru_cell, reset before": lambda: drawings.gru_cell(reset_after=False),
    "two_directions": drawings.two_directions,
    "two_directions, 4": lambda: drawings.two_directions(4, "ave"),
    "stack": drawings.stack,
    "stack, 3 by 4": lambda: drawings.stack(3, 4),
    "stack, two ways": lambda: drawings.stack(two_ways=True),
    "encoder_decoder": drawings.encoder_decoder,
    "encoder_decoder, attention": lambda: drawings.encoder_decoder(attention=True),
    "encoder_decoder, phone": lambda: drawings.encoder_decoder(
        "phone", ("F", "OW", "N"), attention=True
    ),
    "line_by_line": drawings.line_by_line,
    "line_by_line, 5": lambda: drawings.line_by_line("abcde", "ABCDE"),
    "attention": drawings.attention,
    "attention, a word asks": lambda: drawings.attention(
        ("the", "chicago", "game", "tonight"), asking=1
    ),
    "transformer_block": drawings.transformer_block,
    "transformer_block, no mask": lambda: drawings.transformer_block(mask=False),
    "truncation": drawings.truncation,
    "truncation, uneven": lambda: drawings.truncation(7, 3),
    "strided_convolution": drawings.strided_convolution,
    "strided_convolution, apart": lambda: drawings.strided_convolution(9, 3, 3, marked=2),
    "dilated_stack": drawings.dilated_stack,
    "dilated_stack, five layers": lambda: drawings.dilated_stack((1, 2, 4, 1, 2), 2, 20),
    "residual_block": drawings.residual_block,
    "mean_of_vectors": drawings.mean_of_vectors,
    "mean_of_vectors, five": lambda: drawings.mean_of_vectors([*"abcde"], known=["a", "b"]),
    "skip_gram": drawings.skip_gram,
    "skip_gram, three words": lambda: drawings.skip_gram(
        ("good", "dull", "film"), center=2, reach=1
    ),
    "stateful_batches": drawings.stateful_batches,
    "stateful_batches, 4 by 2": lambda: drawings.stateful_batches(4, 2, 6),
    "padding_mask": drawings.padding_mask,
    "padding_mask, left": lambda: drawings.padding_mask((6, 1), side="left"),
    "tagger": drawings.tagger,
    "tagger, 4": lambda: drawings.tagger([*"abcd"], ["O", "B-LOC", "I-LOC", "O"]),
    "lattice": lambda: drawings.lattice([*"abc"], ["O", "B", "I"]),
    "character_tagger": drawings.character_tagger,
    "character_tagger, 6": lambda: drawings.character_tagger([*"abcdef"], ["O"] * 6, at=3),
    "lattice, numbers": lambda: drawings.lattice(
        ("Washington", "Post"),
        ("LOC", "ORG"),
        emissions=[[2, 1.5], [0, 2]],
        steps=[[1, -1], [-1, 1]],
        path=[1, 1],
    ),
    "lattice, forbidden": lambda: drawings.lattice(
        ("Jim", "Smith", "said", "so"),
        ("O", "B-PER", "I-PER"),
        path=[1, 2, 0, 0],
        forbidden=NO_INSIDE,
    ),
    **{
        f"simple_cell, {part}": lambda part=part: drawings.simple_cell(part)
        for part in drawings.SIMPLE
    },
    **{
        f"lstm_cell, {part}": lambda part=part: drawings.lstm_cell(highlight=part)
        for part in drawings.LSTM
    },
    **{
        f"lstm_built, {part}": lambda part=part: drawings.lstm_built(
            part, keys={"i": "M+", "f": "MC", "o": "MR"}, sums={"f": "10"} if part == "h" else None
        )
        for part in drawings.LSTM_BUILT
    },
    **{
        f"gru_cell, {after}, {part}": lambda part=part, after=after: drawings.gru_cell(
            reset_after=after, highlight=part
        )
        for part in drawings.GRU_RESET_AFTER
        for after in (True, False)
    },
}
TIP = 0.04  # inches; matplotlib ends the path of a head before its tip, by the width of its outline
DARK = (drawings.INK, drawings.ACCENT)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(params=EVERY, ids=list(EVERY), scope="module")
def figure(request):
    return EVERY[request.param]()


def signs(figure, *labels):
    return [patch for patch in figure.axes[0].patches if patch.get_label() in labels]


def count(figure, label):
    return len(signs(figure, label))


def texts(figure, *, dark=False):
    """The texts in reading order of the code; `dark`: only those that are not pale."""
    return [
        text.get_text()
        for text in figure.axes[0].texts
        if not dark or text.get_color() == drawings.ACCENT
    ]


def place(figure, text):
    found = [each for each in figure.axes[0].texts if each.get_text() == text]
    assert len(found) == 1, f"{text} is drawn {len(found)} times"
    return found[0].get_position()


def tip(arrow):
    """Where the head of an arrow ends: the middle corner of its last path, the head's."""
    path = arrow.get_path()
    start = np.flatnonzero(path.codes == path.MOVETO)[-1]
    return path.vertices[start + 1]


def distance_to_border(point, patch):
    """How far a point is from the border of a circle or of a box, in inches."""
    if isinstance(patch, Circle):
        return abs(np.hypot(*(point - np.array(patch.center))) - patch.radius)
    box = patch.get_path().get_extents(patch.get_patch_transform())
    middle = np.array([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2])
    outside = np.abs(point - middle) - np.array([box.width, box.height]) / 2
    return abs(np.hypot(*np.maximum(outside, 0)) + min(outside.max(), 0))


def extents(figure):
    """(text, its place in inches) of every text."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    inches = figure.dpi_scale_trans.inverted()
    return [
        (text.get_text(), text.get_window_extent(renderer).transformed(inches))
        for text in figure.axes[0].texts
        if text.get_text()
    ]


# --- what holds for every drawing ---------------------------------------------------------------------


def test_every_arrow_ends_at_a_border_or_at_a_letter(figure):
    """No arrow ends short of what it points at, or inside it."""
    borders = signs(figure, "box", "op", "softmax", "data", "entry", "padding")
    letters = [extent for _, extent in extents(figure)]
    arrows = signs(figure, "arrow", "gradient")
    assert arrows or "padding" in figure.get_label() or "dilations" in figure.get_label()
    for arrow in arrows:
        end = tip(arrow)
        near = min((distance_to_border(end, border) for border in borders), default=9)
        free = min(
            np.hypot(
                max(box.x0 - end[0], end[0] - box.x1, 0), max(box.y0 - end[1], end[1] - box.y1, 0)
            )
            for box in letters
        )
        assert near < TIP or free < 0.25, f"an arrow ends at {end.round(2)}, where nothing is"


def test_no_text_lies_on_another_or_leaves_the_paper(figure):
    width, height = figure.get_size_inches()
    placed = extents(figure)
    for text, box in placed:
        assert box.x0 > 0.02 and box.x1 < width - 0.02, f"{text!r} leaves the paper"
        assert box.y0 > 0.02 and box.y1 < height - 0.02, f"{text!r} leaves the paper"
    for (one, box), (other, other_box) in combinations(placed, 2):
        apart = (
            box.x1 <= other_box.x0
            or other_box.x1 <= box.x0
            or box.y1 <= other_box.y0 + 0.02
            or other_box.y1 <= box.y0 + 0.02
        )
        assert apart, f"{one!r} lies on {other!r}"


def test_no_line_runs_through_a_text(figure):
    placed = extents(figure)
    low = np.array([box.min for _, box in placed]) + 0.015
    high = np.array([box.max for _, box in placed]) - 0.015
    for line in signs(figure, "arrow", "line", "gradient", "gradient line"):
        points = line.get_path().interpolated(30).vertices[:, None]
        inside = ((low < points) & (points < high)).all(axis=2).any(axis=0)
        hit = [text for (text, _), here in zip(placed, inside, strict=True) if here]
        assert not hit, f"a {line.get_label()} runs through {hit}"


def test_no_text_is_too_small_for_a_notebook(figure):
    assert figure.get_size_inches()[0] == drawings.WIDTH
    assert min(text.get_size() for text in figure.axes[0].texts) >= 9


def test_it_is_described(figure):
    assert len(figure.get_label()) > 30
    assert figure.get_label().endswith(".")


def test_pyplot_shows_it():
    assert drawings.unrolled().number in plt.get_fignums()


@pytest.mark.parametrize(
    "name", ["unrolled, weights", "lstm_cell, c", "padding_mask", "truncation"]
)
def test_a_dark_page_and_a_readers_style_change_nothing(name):
    def looks(figure):
        axes = figure.axes[0]
        return (
            [(each.get_text(), each.get_color(), each.get_size()) for each in axes.texts],
            [(each.get_facecolor(), each.get_edgecolor()) for each in axes.patches],
            [each.get_family() for each in axes.texts],
        )

    plain = looks(EVERY[name]())
    with plt.style.context(["dark_background", {"font.size": 20, "lines.linewidth": 5}]):
        assert looks(EVERY[name]()) == plain


def test_the_paper_is_opaque_white_and_covers_the_figure(figure):
    paper = signs(figure, "paper")[0]
    assert paper.get_facecolor() == (1, 1, 1, 1)
    assert np.allclose(paper.get_bbox().size, figure.get_size_inches())


def test_no_default_is_changed():
    before = dict(matplotlib.rcParams)
    drawings.unrolled(backward=True)
    drawings.padding_mask()
    assert dict(matplotlib.rcParams) == before


def test_greyscale_tells_them_apart():
    def lightness(colour):
        return np.dot(to_rgb(colour), (0.299, 0.587, 0.114))

    assert max(lightness(colour) for colour in DARK) < 0.35
    pale = lightness((float(drawings.PALE),) * 3)
    assert pale > max(lightness(colour) for colour in DARK) + 0.1, "paler than what is dark"
    assert 0.95 > lightness(drawings.LAYER) > lightness(drawings.LIT) > 0.7


# --- cells --------------------------------------------------------------------------------------------


def incoming(figure):
    """{symbol of a circle: numbers of arrows that end at it, sorted}"""
    result = {}
    for circle in signs(figure, "op"):
        symbol = next(
            text.get_text()
            for text in figure.axes[0].texts
            if np.allclose(text.get_position(), circle.center)
        )
        ends = [distance_to_border(tip(a), circle) < TIP for a in signs(figure, "arrow")]
        result.setdefault(symbol, []).append(sum(ends))
    return {symbol: sorted(numbers) for symbol, numbers in result.items()}


def test_without_inputs_a_network_is_a_map():
    with_inputs = drawings.unrolled(4, loop=True, shapes=True)
    without = drawings.unrolled(4, loop=True, inputs=False, shapes=True)
    assert (
        count(with_inputs, "data") - count(without, "data") == 5
    )  # x_1 to x_4, and the loop's x_t
    assert count(with_inputs, "arrow") - count(without, "arrow") == 5
    assert not [text for text in texts(without) if text.startswith("$x") or "features" in text]
    assert "without inputs" in without.get_label()
    with pytest.raises(ValueError, match="words stand under inputs"):
        drawings.unrolled(2, inputs=False, words=("a", "b"))


def test_outputs_fed_back_are_arrows_from_the_step_before():
    plain, own = drawings.unrolled(5), drawings.unrolled(5, fed_back=3)
    assert count(own, "arrow") - count(plain, "arrow") == 3  # into x_3, x_4 and x_5
    assert count(own, "data") == count(plain, "data")


@pytest.mark.parametrize(
    "options",
    [
        {"fed_back": 1},
        {"fed_back": 6},
        {"fed_back": 3, "inputs": False},
        {"fed_back": 3, "outputs": "last"},
        {"fed_back": 3, "backward": True},
    ],
)
def test_nothing_is_fed_back_where_there_is_nothing_to_feed(options):
    with pytest.raises(ValueError, match="fed_back"):
        drawings.unrolled(5, **options)


def test_a_head_stands_between_state_and_output():
    plain, headed = drawings.unrolled(3), drawings.unrolled(3, head="$V, c$")
    assert texts(headed).count("$V, c$") == 3
    assert {"$s_{1}$", "$s_{2}$", "$s_{3}$"} == set(texts(headed)) - set(texts(plain)) - {"$V, c$"}
    assert count(headed, "box") == count(headed, "arrow") - count(plain, "arrow") + 3 == 6
    for t in range(1, 4):
        heights = [place(headed, f"${letter}_{{{t}}}$")[1] for letter in "xsy"]
        assert heights == sorted(heights)
    both_ways = drawings.unrolled(3, head="$V, c$", backward=True)
    back = count(both_ways, "gradient") - count(drawings.unrolled(3, backward=True), "gradient")
    assert back == 3


def test_shapes_may_be_named():
    named = drawings.unrolled(3, shapes=("(2, 50)", "(2, 32)", "(2, 1)"))
    assert [text for text in texts(named) if text.startswith("(")] == [
        "(2, 50)",
        "(2, 32)",
        "(2, 1)",
    ]
    heights = [place(named, text)[1] for text in ("(2, 50)", "(2, 32)", "(2, 1)")]
    assert heights == sorted(heights)


def test_an_arrow_back_may_carry_the_futures_part_alone():
    whole = drawings.unrolled(3, backward=True, weight_gradients=True)
    part = drawings.unrolled(3, backward=True, weight_gradients=True, future_part=True)
    assert [t for t in texts(part) if "U^" in t] == [r"$da_{2} U^\top$", r"$da_{3} U^\top$"]
    assert not [t for t in texts(part) if "partial" in t]
    assert "$dW, dU, db$" in texts(part)
    assert count(part, "gradient") == count(whole, "gradient")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"future_part": True}, "future_part"),
        ({"head": "$V$", "outputs": "last"}, "head"),
        ({"head": "$V$", "fed_back": 2}, "no head"),
        ({"shapes": ("(2, 50)", "(2, 32)")}, "three shapes"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        drawings.unrolled(3, **options)
    assert not plt.get_fignums()


def test_at_a_fork_the_state_is_copied_and_the_blames_of_both_copies_are_added():
    figure = drawings.fork()
    assert count(figure, "dot") == 1
    dot = np.array(signs(figure, "dot")[0].center)
    begins = [arrow.get_path().vertices[0] for arrow in signs(figure, "arrow")]
    assert (
        sum(np.allclose(begin, dot) for begin in begins) == 1
    )  # up; the other copy goes straight on
    plus = next(
        circle for circle in signs(figure, "op") if np.allclose(circle.center, place(figure, "$+$"))
    )
    ends = [distance_to_border(tip(arrow), plus) < TIP for arrow in signs(figure, "gradient")]
    assert sum(ends) == 2 and len(ends) == 6
    assert place(figure, "$V$")[0] == dot[0] and place(figure, r"$V^\top$")[0] == plus.center[0]
    blames = {
        "$ds_t$",
        r"$ds_t V^{\top}$",
        r"$da_{t+1} U^{\top}$",
        "$da_{t+1}$",
        "$dh_t$",
        "$da_t$",
    }
    assert blames == set(texts(figure, dark=True))


def test_the_simple_cell_adds_three_and_has_three_weights():
    figure = drawings.simple_cell()
    assert incoming(figure) == {"$+$": [3], r"$\tanh$": [1]}
    assert count(figure, "box") == 3
    assert count(figure, "arrow") == 7
    assert {"$W$", "$U$", "$b$", "$x_t$", "$h_{t-1}$", "$h_t$"} <= set(texts(figure))
    shapes = {
        "(batch, features)",
        "(batch, units)",
        "(features, units)",
        "(units, units)",
        "(units,)",
    }
    assert shapes <= set(texts(figure))
    assert not shapes & set(texts(drawings.simple_cell(shapes=False)))


def test_the_lstm_has_four_layers_and_three_products():
    figure = drawings.lstm_cell()
    assert incoming(figure) == {"$*$": [2, 2, 2], "$+$": [2], r"$\tanh$": [1]}
    assert count(figure, "box") == 4
    assert count(figure, "arrow") == 15
    assert texts(figure).count(r"$\sigma$") == 3
    assert [place(figure, f"$W_{gate}\\,U_{gate}\\,b_{gate}$") for gate in "fico"] == sorted(
        place(figure, f"$W_{gate}\\,U_{gate}\\,b_{gate}$") for gate in "fico"
    )


@pytest.mark.parametrize("part", ["f", "i", "candidate", "o", "h"])
def test_the_memory_of_the_lstm_is_grey_where_another_part_is_lit(part):
    """Its three arrows, the line to the dot and the two circles on it; no other sign is."""
    patches = drawings.lstm_cell(highlight=part).axes[0].patches
    grey = [p for p in patches if p.get_edgecolor()[:3] == to_rgb(drawings.RAIL)]
    shown = {label: [p.get_label() for p in grey].count(label) for label in ("arrow", "op", "line")}
    assert shown == {"arrow": 3, "op": 2, "line": part != "h"}


@pytest.mark.parametrize(
    ("newest", "boxes", "products", "arrows", "lit"),
    [
        ("candidate", 1, 0, 4, {r"$\tanh$", r"$\hat{c}_t$", "$+$"}),
        ("i", 2, 1, 7, {r"$\sigma$", "$i_t$", "$*$", "M+"}),
        ("f", 3, 2, 10, {r"$\sigma$", "$f_t$", "$*$", "MC"}),
        ("o", 4, 3, 15, {r"$\sigma$", r"$\tanh$", "$o_t$", "$h_t$", "$*$", "MR"}),
        ("h", 4, 3, 15, {"$h_{t-1}$"}),
    ],
)
def test_the_lstm_grows_part_by_part(newest, boxes, products, arrows, lit):
    """What is new is in colour, what was there is dark, what comes later is not drawn."""
    figure = drawings.lstm_built(newest, keys={"i": "M+", "f": "MC", "o": "MR"})
    assert count(figure, "box") == boxes
    assert texts(figure).count("$*$") == products
    assert count(figure, "arrow") == arrows
    assert ("$h_{t-1}$" in texts(figure)) is (newest == "h")
    assert any("U_" in text for text in texts(figure)) is (newest == "h")
    accent = {t.get_text() for t in figure.axes[0].texts if t.get_color() == drawings.ACCENT}
    weights = {text for text in accent if text.startswith(("$W_", "("))}
    assert accent - weights == lit | {drawings.LSTM_BUILT[newest]}
    others = {t.get_color() for t in figure.axes[0].texts} - {drawings.ACCENT}
    assert others == {drawings.INK, drawings.RAIL}, "nothing is pale"


def test_a_growing_lstm_may_say_what_its_boxes_add_up():
    figure = drawings.lstm_built("h", sums={"f": "10 - 20 MC", "o": "20 MR - 10"})
    assert place(figure, "10 - 20 MC")[0] < place(figure, "20 MR - 10")[0]


@pytest.mark.parametrize("after", [True, False])
def test_the_gru_has_two_gates_and_three_products(after):
    figure = drawings.gru_cell(reset_after=after)
    assert incoming(figure) == {"$*$": [2, 2, 2], "$+$": [2, 2], r"$\tanh$": [1], "$1-$": [1]}
    assert count(figure, "box") == 4
    assert count(figure, "arrow") == 17


def test_the_reset_gate_comes_after_or_before_the_matrix():
    """Keras's form has the second bias c, and multiplies to the right of U_h."""
    for after, matrix in ((True, r"$U_h\,c_h$"), (False, "$U_h$")):
        figure = drawings.gru_cell(reset_after=after)
        gate, _ = place(figure, "$r_t$")
        assert (gate > place(figure, matrix)[0]) is after
        assert any("c_z" in text for text in texts(figure)) is after


@pytest.mark.parametrize(
    ("draw", "part", "dark", "boxes", "circles", "arrows"),
    [
        (drawings.simple_cell, "W", {"$x_t$", "$W$"}, 1, 0, 2),
        (drawings.simple_cell, "U", {"$h_{t-1}$", "$U$"}, 1, 0, 2),
        (drawings.simple_cell, "b", {"$b$", "$+$"}, 1, 1, 4),
        (drawings.simple_cell, "tanh", {r"$\tanh$", "$h_t$"}, 0, 1, 2),
        (drawings.lstm_cell, "f", {"$f_t$", "$x_t$", "$h_{t-1}$", r"$\sigma$"}, 1, 0, 2),
        (drawings.lstm_cell, "i", {"$i_t$", "$x_t$", "$h_{t-1}$", r"$\sigma$"}, 1, 0, 2),
        (drawings.lstm_cell, "o", {"$o_t$", "$x_t$", "$h_{t-1}$", r"$\sigma$"}, 1, 0, 2),
        (
            drawings.lstm_cell,
            "candidate",
            {r"$\hat{c}_t$", "$x_t$", "$h_{t-1}$", r"$\tanh$"},
            1,
            0,
            2,
        ),
        (
            drawings.lstm_cell,
            "c",
            {"$c_{t-1}$", "$c_t$", "$f_t$", "$i_t$", r"$\hat{c}_t$", "$*$", "$+$"},
            0,
            3,
            7,
        ),
        (drawings.lstm_cell, "h", {"$c_t$", "$o_t$", "$h_t$", "$*$", r"$\tanh$"}, 0, 2, 4),
        (drawings.gru_cell, "z", {"$z_t$", "$x_t$", "$h_{t-1}$", r"$\sigma$"}, 1, 0, 3),
        (drawings.gru_cell, "r", {"$r_t$", "$x_t$", "$h_{t-1}$", r"$\sigma$"}, 1, 0, 2),
        (
            drawings.gru_cell,
            "candidate",
            {r"$\hat{h}_t$", "$r_t$", "$x_t$", "$h_{t-1}$", "$*$", "$+$", r"$\tanh$"},
            2,
            3,
            8,
        ),
        (
            drawings.gru_cell,
            "h",
            {"$h_t$", "$z_t$", r"$\hat{h}_t$", "$h_{t-1}$", "$*$", "$+$", "$1-$"},
            0,
            4,
            8,
        ),
    ],
)
def test_a_highlight_is_what_its_equation_reads_and_writes(
    draw, part, dark, boxes, circles, arrows
):
    """All of it, and nothing else; the equation stands below."""
    figure = draw(highlight=part)
    lit = texts(figure, dark=True)
    shapes = {text for text in lit if text.startswith("(")}
    weights = {text for text in lit if text.startswith(("$W_", "$U_"))}
    equations = {
        drawings.simple_cell: drawings.SIMPLE,
        drawings.lstm_cell: drawings.LSTM,
        drawings.gru_cell: drawings.GRU_RESET_AFTER,
    }[draw]
    assert set(lit) - shapes - weights == dark | {equations[part]}
    thick = [patch for patch in figure.axes[0].patches if patch.get_linewidth() == 2.4]
    assert sum(patch.get_label() == "box" for patch in thick) == boxes
    assert sum(patch.get_label() == "op" for patch in thick) == circles
    assert sum(patch.get_label() == "arrow" for patch in thick) == arrows


@pytest.mark.parametrize(
    ("draw", "part", "parts"),
    [
        (drawings.simple_cell, "f", ["W", "U", "b", "tanh", "h"]),
        (drawings.lstm_cell, "z", ["f", "i", "candidate", "o", "c", "h"]),
        (drawings.gru_cell, "forget", ["z", "r", "candidate", "h"]),
        (drawings.lstm_built, "c", ["candidate", "i", "f", "o", "h"]),
    ],
)
def test_an_unknown_part_is_refused_with_the_list_of_parts(draw, part, parts):
    name = "newest" if draw is drawings.lstm_built else "highlight"
    with pytest.raises(ValueError, match=", ".join(map(repr, parts))):
        draw(**{name: part})
    assert not plt.get_fignums()


# --- networks over time -------------------------------------------------------------------------------


def test_the_five_shapes():
    figure = drawings.sequence_shapes()
    titles = [title for title, *_ in drawings.SHAPES]
    assert titles == [text for text in texts(figure) if " to " in text]
    # one to one 1, then 3, 3, 5, 3 steps; read 1 + 1 + 3 + 3 + 3, written 1 + 3 + 1 + 3 + 3
    assert count(figure, "box") == 15
    assert count(figure, "data") == 11 + 11
    assert count(figure, "arrow") == 10 + 11 + 11
    shaped = texts(drawings.sequence_shapes(shapes=True))
    assert shaped.count("(batch, time, outputs)") == 2
    assert shaped.count("(batch, time, features)") == 3


@pytest.mark.parametrize(
    ("outputs", "arrows", "gradients"),
    [("all", 1 + 3 + 2 + 3 + 3, 2 + 3 + 3), ("last", 1 + 3 + 2 + 2, 2 + 2), ("none", 1 + 3 + 3, 3)],
)
def test_forward_and_backward_arrows(outputs, arrows, gradients):
    """h_0, three inputs, two or three states, and output and loss of each step that has them."""
    figure = drawings.unrolled(outputs=outputs, backward=True)
    assert count(figure, "arrow") == arrows
    assert count(figure, "gradient") == gradients
    forward = drawings.unrolled(outputs=outputs)
    assert count(forward, "gradient") == 0
    losses = {"all": 3, "last": 1, "none": 0}[outputs]
    assert count(forward, "arrow") == arrows - losses
    assert sum(text.startswith("$L_") for text in texts(figure)) == losses


def test_gradients_run_the_other_way():
    figure = drawings.unrolled(backward=True, outputs="none", steps=2)
    forward = [tip(arrow) for arrow in signs(figure, "arrow")]
    boxes = sorted(
        patch.get_path().get_extents(patch.get_patch_transform()).x0
        for patch in signs(figure, "box")
    )
    rights = [x + 0.85 for x in boxes]
    backward = sorted(tip(arrow)[0] for arrow in signs(figure, "gradient"))
    assert np.allclose(backward, rights, atol=0.02)
    assert sum(np.isclose(boxes[1], x, atol=0.02) for x, _ in forward) == 1


def test_the_weights_gradients_are_added_up():
    figure = drawings.unrolled(4, backward=True, weight_gradients=True)
    plus = signs(figure, "op")[0]
    ends = [distance_to_border(tip(arrow), plus) < TIP for arrow in signs(figure, "gradient")]
    assert sum(ends) >= 2  # lines that meet enter together
    assert count(figure, "gradient") == 3 + 8 + 4 + 1
    with pytest.raises(ValueError, match="backward=True"):
        drawings.unrolled(weight_gradients=True)


def test_targets_stand_above_the_outputs_each_at_its_step():
    figure = drawings.unrolled(3, words=[*"abc"], targets=[*"xyz"], output="p")
    place = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    for word, target in zip("abc", "xyz", strict=True):
        assert place[target][0] == place[word][0]
    outputs = [xy[1] for text, xy in place.items() if text.startswith("$p")]
    assert len(outputs) == 3
    assert place["x"][1] > max(outputs)
    height = figure.get_size_inches()[1]
    assert max(outputs) < place["x"][1] < height - 0.1
    for options in ({"targets": "xy"}, {"targets": "xyz", "outputs": "last"}):
        with pytest.raises(ValueError, match="targets"):
            drawings.unrolled(3, **options)
    with pytest.raises(ValueError, match="targets"):
        drawings.unrolled(3, targets="xyz", backward=True)


def test_words_loops_cells_and_letters():
    figure = drawings.unrolled(2, words=("no", "film"), loop=True, cell="GRU", output="s")
    assert {"no", "film", "=", "$s_t$", "$s_{2}$", "$h_{t-1}$"} <= set(texts(figure))
    assert texts(figure).count("GRU") == 3
    with pytest.raises(ValueError, match="one for each of 3 steps, got 2"):
        drawings.unrolled(3, words=("no", "film"))


@pytest.mark.parametrize(
    ("merge", "sign", "shape"),
    [
        ("concat", "[ , ]", "(batch, time,\n2 × units)"),
        ("sum", "$+$", "(batch, time,\nunits)"),
        ("mul", "$*$", "(batch, time,\nunits)"),
        ("ave", "ave", "(batch, time,\nunits)"),
    ],
)
def test_two_directions(merge, sign, shape):
    figure = drawings.two_directions(3, merge)
    assert count(figure, "arrow") == 2 * 2 + 5 * 3
    assert texts(figure).count(sign) >= 3
    assert texts(figure)[-1] == shape
    assert set(incoming(figure)[sign]) == {2}


def test_the_two_directions_run_apart():
    figure = drawings.two_directions(2, shapes=False)
    (ahead, _), (behind, _) = (
        place(figure, r"$\overrightarrow{h}_{1}$"),
        place(figure, r"$\overleftarrow{h}_{1}$"),
    )
    chains = [tip(arrow) for arrow in signs(figure, "arrow")[:2]]
    assert chains[0][0] > ahead and chains[0][1] < chains[1][1]
    assert abs(chains[1][0] - behind) < 0.5


def test_a_stack_has_one_arrow_up_from_every_layer():
    figure = drawings.stack(3, 4)
    assert count(figure, "box") == 12
    assert count(figure, "arrow") == 4 * 4 + 3 * 3
    assert [text for text in texts(figure) if text.startswith("layer")] == [
        "layer 1",
        "layer 2",
        "layer 3",
    ]
    heights = [place(figure, f"$h_{{1}}^{{({layer})}}$")[1] for layer in (1, 2, 3)]
    assert all(low < high for low, high in pairwise(heights))


def test_a_stack_of_two_ways_has_an_arrow_each_way_between_neighbours():
    figure = drawings.stack(2, 3, two_ways=True)
    assert count(figure, "box") == 6
    assert count(figure, "arrow") == 3 * 3 + 2 * 2 * 2
    level = [tip(arrow) for arrow in signs(figure, "arrow")]
    _, row = place(figure, r"$\overrightarrow{h}_{1}^{(1)}\,\overleftarrow{h}_{1}^{(1)}$")
    beside = [np.round(y - row, 2) for _, y in level if 0.05 < abs(y - row) < 0.2]
    assert sorted(beside) == [-0.13, -0.13, 0.13, 0.13]
    assert texts(figure)[-1] == "(batch, time,\n2 × units)"


@pytest.mark.parametrize("attention", [False, True])
def test_an_encoder_hands_one_state_to_the_decoder_and_attention_all(attention):
    figure = drawings.encoder_decoder("phone", ("F", "OW", "N"), attention=attention)
    states = texts(figure)
    assert [text for text in states if text.startswith("$h_{")] == [
        f"$h_{{{j}}}$" for j in range(1, 6)
    ]
    assert [text for text in states if text.startswith("$s_{")] == [
        f"$s_{{{i}}}$" for i in range(1, 5)
    ]
    # what is written is read at the next step, the end is not
    assert [states.count(sign) for sign in ("start", "F", "OW", "N", "end")] == [1, 2, 2, 2, 1]
    assert count(figure, "box") == 9
    chain, read, written = 8, 9, 4
    looked = 6 * attention  # five states to the mean, and the mean to what step 2 writes
    assert count(figure, "arrow") == chain + read + written + looked
    assert [f"$\\alpha_{{2{j}}}$" in states for j in range(1, 6)] == 5 * [attention]
    if attention:
        assert incoming(figure)["$c_2$"] == [5]


def test_each_place_of_a_line_answers_its_own():
    figure = drawings.line_by_line("abcd", "ABCD")
    assert count(figure, "box") == 2 * 4
    up, read, write, back = 3 * 4, 2 * 3, 3, 3
    assert count(figure, "arrow") == up + read + write + back
    for number, (sign, answer) in enumerate(zip("abcd", "ABCD", strict=True), 1):
        column = [sign, f"$h_{{{number}}}$", f"$s_{{{number}}}$", answer]
        places = [place(figure, text) for text in column]
        assert len({round(x, 3) for x, _ in places}) == 1
        assert [y for _, y in places] == sorted(y for _, y in places)
    # the first step hears its own place alone, the others the step before and what was written, too
    tips = [tip(arrow) for arrow in signs(figure, "arrow")]
    for number, beside in ((1, 0), (2, 2), (3, 2), (4, 2)):
        x, y = place(figure, f"$s_{{{number}}}$")
        assert sum(0.1 < x - a < 0.5 and abs(y - b) < 0.2 for a, b in tips) == beside


def test_what_is_pale_can_be_read_on_the_grey_ground():
    """4.5 to 1 is what the web's guidelines (WCAG 2) ask of text."""

    def luminance(colour):
        parts = np.array(to_rgb(colour))
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return np.dot(linear, (0.2126, 0.7152, 0.0722))

    for draw, part in ((drawings.gru_cell, "z"), (drawings.lstm_cell, "f")):
        for text in draw(highlight=part).axes[0].texts:
            contrast = (luminance(drawings.GROUND) + 0.05) / (luminance(text.get_color()) + 0.05)
            assert contrast >= 4.5, text.get_text()


@pytest.mark.parametrize("name", ["transformer_block", "transformer_block, no mask"])
def test_a_word_in_a_box_keeps_off_its_border(name):
    figure = EVERY[name]()
    boxes = [box.get_path().get_extents(box.get_patch_transform()) for box in signs(figure, "box")]
    inside = 0
    for text, place in extents(figure):
        for box in boxes:
            if box.x0 < (place.x0 + place.x1) / 2 < box.x1 and box.y0 < place.y0 < box.y1:
                assert box.x0 + 0.06 < place.x0 and place.x1 < box.x1 - 0.06, text
                inside += 1
    assert inside == 4


def test_a_transformer_block_adds_twice_to_what_runs_straight_through():
    figure = drawings.transformer_block()
    assert [texts(figure).count(name) for name in ("norm", "attention", "two Dense", "$+$")] == [
        2,
        1,
        1,
        2,
    ]
    assert incoming(figure)["$+$"] == [2, 2]  # what runs through, and the branch
    assert [count(figure, sign) for sign in ("box", "dot", "data", "arrow")] == [4, 2, 3, 10]
    assert texts(figure).count("mask") == texts(figure).count("(words, words)") == 1
    bare = drawings.transformer_block(mask=False)
    assert [count(bare, sign) for sign in ("data", "arrow")] == [2, 9]
    assert "mask" not in texts(bare)


@pytest.mark.parametrize("asking", [None, 0, 2])
def test_attention_asks_every_word_and_takes_one_mean(asking):
    figure = drawings.attention(("a", "dull", "film"), asking=asking)
    signs = texts(figure)
    assert [
        sum(sign == f"${letter}_{{{j}}}$" for sign in signs) for letter in "xe" for j in (1, 2, 3)
    ] == (
        [1 if asking is not None else 2] * 3 + [1] * 3  # x_j is the value, too, where a query asks
    )
    assert [f"$\\alpha_{{{j}}}$" in signs for j in (1, 2, 3)] == 3 * [True]
    assert signs.count("softmax") == 1
    # from each word: to its score, into and out of the softmax, its value, to the mean; the query to each
    assert count(figure, "arrow") == 3 * 6
    arrived = incoming(figure)
    assert [arrived[f"$e_{{{j}}}$"] for j in (1, 2, 3)] == 3 * [[2]]
    assert arrived["$*$"] == [2, 2, 2]
    assert arrived["$c$" if asking is None else f"$c_{asking + 1}$"] == [3]
    assert count(figure, "box") == (asking is None)
    assert (f"$q_{(asking or 0) + 1}$" in signs) == (asking is not None)


@pytest.mark.parametrize(
    ("steps", "block", "borders"), [(8, 4, 1), (8, 2, 3), (6, 6, 0), (7, 3, 2)]
)
def test_gradients_stop_at_the_borders_and_states_do_not(steps, block, borders):
    figure = drawings.truncation(steps, block)
    assert count(figure, "arrow") == 2 * steps + steps - 1
    assert count(figure, "gradient") == steps + steps - 1 - borders
    stops = [line for line in figure.axes[0].lines if line.get_label() == "stop"]
    assert len(stops) == borders + 1  # one in the key
    assert count(figure, "frame") == borders + 1
    assert f"block {borders + 1}" in texts(figure)
    for stop in stops[:borders]:
        wall = stop.get_xdata()[0]
        assert not any(abs(tip(arrow)[0] - wall) < 0.1 for arrow in signs(figure, "gradient"))


@pytest.mark.parametrize(
    ("steps", "kernel", "stride", "outputs"),
    [(12, 4, 2, 5), (9, 3, 3, 3), (10, 4, 4, 2), (5, 5, 1, 1)],
)
def test_an_output_of_a_convolution_sees_its_kernel(steps, kernel, stride, outputs):
    figure = drawings.strided_convolution(steps, kernel, stride, marked=outputs - 1)
    labels = texts(figure)
    assert [label for label in labels if label.startswith("$z")] == [
        f"$z_{{{j}}}$" for j in range(1, outputs + 1)
    ]
    assert labels.count("Conv1D") == labels.count("GRU") == labels.count("input") == 1
    assert count(figure, "entry") == steps
    assert count(figure, "arrow") == outputs * (kernel + 1) + outputs - 1
    (frame,) = signs(figure, "frame")
    seen = frame.get_path().get_extents(frame.get_patch_transform())
    framed = [t for t in range(steps) if seen.x0 < place(figure, f"$x_{{{t + 1}}}$")[0] < seen.x1]
    first = (outputs - 1) * stride
    assert framed == [*range(first, first + kernel)]
    assert f"sees steps {first + 1} to {first + kernel}" in figure.get_label()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((13, 4, 2), "steps <= 12"),
        ((4, 5, 1), "kernel <= steps"),
        ((12, 4, 0), "stride must be at least 1"),
    ],
)
def test_a_convolution_refuses_what_it_cannot_draw(arguments, message):
    with pytest.raises(ValueError, match=message):
        drawings.strided_convolution(*arguments)
    with pytest.raises(ValueError, match="expected 0 to 4"):
        drawings.strided_convolution(marked=5)


def lit_rows(figure):
    """{height of a row: how many of its circles are lit}, from below."""
    rows = {}
    for circle in signs(figure, "op"):
        height = round(circle.center[1], 3)
        rows[height] = rows.get(height, 0) + (circle.get_facecolor()[:3] == drawings.LIT)
    return [rows[height] for height in sorted(rows)]


@pytest.mark.parametrize(
    ("dilations", "kernel", "steps", "lit", "sees"),
    [
        ((1, 2, 4), 3, 16, [15, 7, 3, 1], 15),
        ((1, 1, 1), 3, 16, [7, 5, 3, 1], 7),
        ((2, 4), 2, 12, [4, 2, 1], 7),
        ((1, 8), 3, 10, [5, 2, 1], 19),  # two of the three lie before the first step
    ],
)
def test_dilations_widen_what_the_last_output_sees(dilations, kernel, steps, lit, sees):
    figure = drawings.dilated_stack(dilations, kernel, steps)
    assert lit_rows(figure) == lit
    assert count(figure, "op") == steps * (len(dilations) + 1)
    assert f"sees {sees}" in texts(figure)
    assert f"sees {sees} steps" in figure.get_label()
    if steps >= sees:
        assert count(figure, "line") == kernel * sum(lit[1:])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((1, 2), 3, 21), "steps <= 20"),
        (((), 3, 8), "one to five layers"),
        (((1, 0), 3, 8), "dilation 0 must be at least 1"),
        (((1, 2), 0, 8), "kernel must be at least 1"),
    ],
)
def test_a_dilated_stack_refuses_what_it_cannot_draw(arguments, message):
    with pytest.raises(ValueError, match=message):
        drawings.dilated_stack(*arguments)


def test_a_residual_block_has_a_way_round_its_weights():
    figure = drawings.residual_block()
    assert incoming(figure) == {"relu": [1], "$+$": [2]}
    assert count(figure, "dot") == 1
    assert texts(figure, dark=True) == ["$+$"]


@pytest.mark.parametrize(
    ("center", "reach", "framed"), [(3, 2, "bcde"), (1, 1, "abc"), (4, 3, "bcde"), (2, 9, "abcde")]
)
def test_skip_grams_window_holds_the_reach_and_its_first_word_is_the_context(center, reach, framed):
    figure = drawings.skip_gram([*"abcde"], center=center, reach=reach, made_up="z")
    (frame,) = signs(figure, "frame")
    seen = frame.get_path().get_extents(frame.get_patch_transform())
    assert [word for word in "abcde" if seen.x0 < place(figure, word)[0] < seen.x1] == [*framed]
    assert place(figure, "$v_o$ (d,)")[0] == pytest.approx(place(figure, framed[0])[0])
    assert place(figure, "$u_c$ (d,)")[0] == pytest.approx(place(figure, "abcde"[center])[0])
    assert place(figure, "$v_n$ (d,)")[0] == pytest.approx(place(figure, "z")[0])
    assert texts(figure).count("$V$") == 2 and texts(figure).count("$U$") == 1
    assert f"with that of {framed[0]!r}" in figure.get_label()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"words": ["a", "b"]}, "3 to 6 words"),
        ({"words": [*"abcdefg"]}, "3 to 6 words"),
        ({"center": 0}, "center from 1 to 4"),
        ({"center": 5}, "center from 1 to 4"),
        ({"reach": 0}, "reach must be at least 1"),
    ],
)
def test_skip_gram_refuses_what_it_cannot_draw(arguments, message):
    with pytest.raises(ValueError, match=message):
        drawings.skip_gram(**arguments)


def test_a_row_goes_on_in_the_same_row_of_the_next_batch():
    figure = drawings.stateful_batches(3, 2, 4)
    assert count(figure, "entry") == 24
    assert count(figure, "arrow") == 6
    assert place(figure, "$a_{4}$")[1] == place(figure, "$a_{5}$")[1]
    assert place(figure, "$a_{5}$")[1] > place(figure, "$b_{5}$")[1]
    assert (
        place(figure, "$a_{4}$")[0]
        < place(figure, "batch 2")[0] - 0.5
        < place(figure, "$a_{8}$")[0]
    )
    assert texts(figure).count("state") == 3
    with pytest.raises(ValueError, match="rows"):
        drawings.stateful_batches(rows=9)


def test_padding_carries_the_last_state():
    figure = drawings.padding_mask((4, 2))
    assert count(figure, "padding") == 3 * 2
    assert count(figure, "entry") == 3 * 6
    assert texts(figure).count("$h_{2}$") == 1 + 1 + 2
    assert texts(figure).count("$1$") == 6
    assert texts(figure).count("$0$") == 4


def test_padding_at_the_left_carries_the_first_state():
    figure = drawings.padding_mask((4, 2), side="left")
    assert texts(figure).count("$h_{0}$") == 2
    assert place(figure, "$h_{4}$")[0] > place(figure, "$h_{3}$")[0]
    last = [each for each in figure.axes[0].texts if each.get_text() == "$h_{2}$"]
    assert last[1].get_position()[0] == place(figure, "$h_{4}$")[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: drawings.unrolled(outputs="first"),
            "outputs must be one of 'all', 'last', 'none'",
        ),
        (lambda: drawings.encoder_decoder("a", ["EY"]), "two letters or more and a phoneme"),
        (lambda: drawings.line_by_line("abc", "AB"), "two lines of one length"),
        (lambda: drawings.line_by_line("a", "A"), "two signs or more"),
        (lambda: drawings.attention(("one",)), "two words or more"),
        (lambda: drawings.attention(asking=3), "asking must be one of 0, 1, 2, got 3"),
        (lambda: drawings.two_directions(merge="max"), "merge must be one of 'concat'"),
        (lambda: drawings.padding_mask(side="top"), "side must be one of 'right', 'left'"),
        (lambda: drawings.unrolled(0), "steps must be at least 1, got 0"),
        (lambda: drawings.stack(layers=0), "layers must be at least 1, got 0"),
        (lambda: drawings.truncation(block=0), "block must be at least 1, got 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    assert not plt.get_fignums()


# --- tagging ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["ab", "abcd"])
def test_a_tagger_reads_words_and_letters_in_both_directions(words):
    figure = drawings.tagger(words, ["O"] * len(words))
    number = len(words)
    assert count(figure, "box") == 4 * number + 1  # vector, letters, states, scores; one CRF
    assert count(figure, "data") == number  # a tag a word
    assert count(figure, "line") == number  # letters join the vector
    assert count(figure, "arrow") == 6 * number + 2 * (number - 1)
    assert "(batch, words, 80)" in texts(figure)
    assert "(batch, words, 80)" not in texts(drawings.tagger(words, ["O"] * number, shapes=False))
    (crf,) = (box for box in signs(figure, "box") if box.get_width() > 2)
    for arrow in signs(figure, "arrow")[4::6][:number]:  # from the scores into the CRF
        assert distance_to_border(tip(arrow), crf) < TIP


@pytest.mark.parametrize(("number", "at"), [(5, 2), (6, 3)])
def test_a_character_tagger_reads_every_piece_that_holds_the_character(number, at):
    letters = "abcdef"[:number]
    figure = drawings.character_tagger(letters, ["O"] * number, at=at)
    assert count(figure, "box") == 3 * number + 1  # pieces, states, scores; one CRF
    assert count(figure, "data") == number
    assert count(figure, "piece") == count(figure, "dot") == 6
    assert count(figure, "arrow") == 5 * number + 2 * (number - 1)
    columns = [place(figure, f"$x_{{{t + 1}}}$")[0] for t in range(number)]
    held = []
    for piece in signs(figure, "piece"):
        begin, end = piece.get_x(), piece.get_x() + piece.get_width()
        held.append("".join(c for c, x in zip(letters, columns, strict=True) if begin < x < end))
    spans = [letters[i:j] for i in range(number) for j in range(i + 1, i + 4) if i <= at < j]
    assert sorted(held) == sorted(piece for piece in spans if len(piece) <= 3)
    assert "(batch, time, 600)" in texts(figure)
    bare = drawings.character_tagger(letters, ["O"] * number, at=at, shapes=False)
    assert "(batch, time, 600)" not in texts(bare)


def test_a_lattice_has_every_step_from_word_to_word():
    figure = drawings.lattice([*"abcd"], ["O", "B", "I"])
    assert count(figure, "data") == 12
    assert count(figure, "arrow") == 3 * 9
    assert "27 steps" in figure.get_label()
    assert not texts(figure, dark=True)


def test_a_lattice_leaves_out_what_is_forbidden():
    figure = drawings.lattice([*"abcd"], ["O", "B", "I"], forbidden=NO_INSIDE)
    assert count(figure, "data") == 11
    assert count(figure, "arrow") == (2 + 3) + 2 * 8  # O goes to O and B, B to all
    assert "21 steps" in figure.get_label()


def test_a_way_through_the_lattice_is_dark_with_its_numbers():
    figure = EVERY["lattice, numbers"]()
    assert texts(figure, dark=True) == ["ORG", "1.5", "ORG", "2", "+1"]
    assert texts(figure).count("−1") == 2
    # each number of a step is nearer to its own arrow than to any other
    for label, (begin, end) in {"LOC LOC": (0, 0), "ORG ORG": (1, 1)}.items():
        y = {0: 2.3, 1: 0.95}[begin]
        near = [t for t in figure.axes[0].texts if abs(t.get_position()[1] - y) < 0.2]
        assert "+1" in {t.get_text() for t in near}, label
        assert begin == end
    widths = sorted(arrow.get_linewidth() for arrow in signs(figure, "arrow"))
    assert widths[0] == widths[-2] < widths[-1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: drawings.tagger(["a"], ["O"]), "two words or more"),
        (lambda: drawings.tagger([*"ab"], ["O"]), "a tag for each"),
        (lambda: drawings.character_tagger([*"abcde"], ["O"]), "a tag for each syllable"),
        (lambda: drawings.character_tagger([*"abcd"], ["O"] * 4), "two neighbours on each side"),
        (lambda: drawings.character_tagger([*"abcdef"], ["O"] * 6, at=1), "two neighbours"),
        (lambda: drawings.lattice(["a"], [*"xy"]), "two words and two tags"),
        (lambda: drawings.lattice([*"ab"], [*"xy"], emissions=[[1, 2]]), "emissions of shape"),
        (lambda: drawings.lattice([*"ab"], [*"xyz"], steps=np.eye(3)), "two tags with numbers"),
        (lambda: drawings.lattice([*"ab"], [*"xy"], path=[0]), "a path of 2 rows"),
        (lambda: drawings.lattice([*"ab"], [*"xy"], path=[0, 2]), "a path of 2 rows"),
        (
            lambda: drawings.lattice([*"ab"], [*"xyz"], path=[0, 2], forbidden=NO_INSIDE),
            "over steps that are drawn",
        ),
        (
            lambda: drawings.lattice([*"ab"], [*"xyz"], path=[2, 1], forbidden=NO_INSIDE),
            "over steps that are drawn",
        ),
        (lambda: drawings.lattice([*"ab"], [*"xy"], forbidden=NO_INSIDE), "forbidden steps of"),
        (
            lambda: drawings.lattice([*"abc"], [*"xyz"], forbidden=NO_INSIDE[0]),
            "steps and starts",
        ),
    ],
)
def test_what_no_tagger_has_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# --- the mean of word vectors -------------------------------------------------------------------------


def test_the_word_that_nobody_labelled_is_the_one_in_colour():
    figure = drawings.mean_of_vectors(["a", "clumsy", "film"])
    assert texts(figure, dark=True) == ["clumsy", "$v_{2}$"]
    assert count(figure, "box") == 4 and count(figure, "arrow") == 2 * 3 + 2
    assert figure.get_label().endswith("Never labelled: clumsy.")
    figure = drawings.mean_of_vectors(["a", "clumsy", "film"], known=["clumsy", "a"])
    assert texts(figure, dark=True) == ["film", "$v_{3}$"]


@pytest.mark.parametrize(
    ("words", "known", "named"),
    [(["one"], (), "two to five"), ([*"abcdef"], (), "two to five"), ([*"ab"], ["c"], "known")],
)
def test_a_mean_of_too_few_or_of_strangers_is_refused(words, known, named):
    with pytest.raises(ValueError, match=named):
        drawings.mean_of_vectors(words, known=known)
