"""Words of a text in colour: each on that of a number, or names on that of their kind."""

import html

from course_lib.plots.style import COLOURS

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

WIDTH, MARGIN = 7.0, 0.15  # inches
_LINE, _GAP, _SPACE = 0.52, 0.28, 0.1  # inches: of a line of words, between texts, between words
# orange stays light and blue is dark, so that the two ends differ in greyscale, too
_KINDS = ["#f7d794", "#a8c5e8", "#b5dfb8", "#dcc3e6"]  # light enough for black letters
_SCALE = LinearSegmentedColormap.from_list("verdict", ["#eda54e", "#f7f7f7", COLOURS[0]])


def coloured_words(*texts, ends=("0", "1"), middle=0.5, titles=None):
    """Draw texts word by word, each word on the colour of its value, which stands below it.

    Args:
        *texts: pairs (words, values): strings, and as many numbers from 0 to 1.
        ends: what a value of 0 and a value of 1 mean; the key under the texts says so.
        middle: the value that has no colour; with 0 there is one colour, and no other end.
        titles: what stands above each text; nothing by default.

    Returns:
        the matplotlib figure. The values are printed too, so that it reads in greyscale.

    Raises:
        ValueError: no text, words and values of different number, a value that does not lie within 0
            and 1, or another number of titles than of texts.
    """
    if not texts:
        raise ValueError("Expected at least one pair (words, values). Received none")
    if titles is not None and len(titles) != len(texts):
        raise ValueError(f"Expected {len(texts)} titles, one a text. Received {len(titles)}")
    for words, values in texts:
        if len(words) != len(values):
            raise ValueError(
                f"Expected one value a word. Received {len(words)} words, {len(values)} values"
            )
        if not np.all((np.asarray(values) >= 0) & (np.asarray(values) <= 1)):
            raise ValueError(f"Expected values from 0 to 1. Received {list(values)}")
    figure = plt.figure(figsize=(WIDTH, 1))
    boxes, height = _places(figure, texts, titles)
    figure.set_size_inches(WIDTH, height)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
    axes.axis("off")
    for x, y, word, value in boxes:
        if value is None:
            axes.text(x, y, word, va="center", size=9, color="#555555")
            continue
        far = _far(value, middle)
        colour = _SCALE((far + 1) / 2)
        ink = "white" if far > 0.55 else "black"
        box = {"boxstyle": "round,pad=0.22", "fc": colour, "ec": "none"}
        axes.text(x, y, word, va="center", size=11, color=ink, bbox=box)
        axes.text(x, y + 0.21, f"{value:.2f}", va="center", size=7, color="#333333")
    key = [(MARGIN + 0.05, ends[0], 0.0), (WIDTH / 2, ends[1], 1.0)]
    for x, meaning, end in key:
        box = {
            "boxstyle": "round,pad=0.22",
            "fc": _SCALE((_far(end, middle) + 1) / 2),
            "ec": "none",
        }
        ink = "white" if end else "black"
        axes.text(x, height - 0.2, f"{end:.0f}", va="center", size=9, color=ink, bbox=box)
        axes.text(x + 0.2, height - 0.2, meaning, va="center", size=9)
    return figure


def coloured_names(*sentences):
    """Draw sentences with the names in them marked: a box around each, its kind and its share below it.

    Args:
        *sentences: pairs (words, names): strings, and for each name (kind, place of its first word, one
            past its last, share from 0 to 1). The first three are what `course_lib.tagging.spans` gives.

    Returns:
        the matplotlib figure. Every kind is written out, so that it reads in greyscale.

    Raises:
        ValueError: no sentence, a name outside of its sentence or over another, or a share that does not
            lie within 0 and 1.
    """
    if not sentences:
        raise ValueError("Expected at least one pair (words, names). Received none")
    texts, kinds, labels = [], [], []
    for words, names in sentences:
        end_before, pieces = 0, []
        for kind, first, end, share in sorted(names, key=lambda name: name[1]):
            if not end_before <= first < end <= len(words) or not 0 <= share <= 1:
                raise ValueError(
                    f"Expected names side by side within {len(words)} words, with a share from 0 to 1. "
                    f"Received: {(kind, first, end, share)}"
                )
            pieces += [(word, None, "") for word in words[end_before:first]]
            pieces.append((" ".join(words[first:end]), kind, f"{kind} {share:.2f}"))
            end_before = end
        pieces += [(word, None, "") for word in words[end_before:]]
        texts.append(([text for text, *_ in pieces], [0.0] * len(pieces)))
        kinds += [kind for _, kind, _ in pieces]
        labels += [label for *_, label in pieces]
    colours = dict(zip(dict.fromkeys(filter(None, kinds)), _KINDS * len(kinds), strict=False))
    figure = plt.figure(figsize=(WIDTH, 1))
    boxes, height = _places(figure, texts, None)
    figure.set_size_inches(WIDTH, height)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
    axes.axis("off")
    for (x, y, text, _), kind, label in zip(boxes, kinds, labels, strict=True):
        box = {"boxstyle": "round,pad=0.22", "fc": colours.get(kind, "white"), "ec": "none"}
        if kind:
            box["ec"] = "black"
            axes.text(x, y + 0.21, label, va="center", size=7, color="#333333")
        axes.text(x, y, text, va="center", size=11, color="black", bbox=box)
    return figure


class MarkedNames:
    """Sentences of any script with their names marked, for the notebook to show in the reader's fonts.

    As HTML each name stands in a box on the colour of its kind, with the kind behind it and what it means
    below. As text a name is [characters kind, meaning].

    Args:
        *sentences: pairs (characters, names): strings, and for each name (kind, place of its first
            character, one past its last), what `course_lib.tagging.spans` gives.
        meanings: what names and other pieces of text mean, for readers without the language. Names in
            sentences that are not in it go without.

    Raises:
        ValueError: no sentence, or a name outside of its sentence or over another.
    """

    def __init__(self, *sentences, meanings=()):
        if not sentences:
            raise ValueError("Expected at least one pair (characters, names). Received none")
        meanings = dict(meanings)
        self._lines = []
        for characters, names in sentences:
            end_before, line = 0, []
            for kind, first, end in sorted(names, key=lambda name: name[1]):
                if not end_before <= first < end <= len(characters):
                    raise ValueError(
                        f"Expected names side by side within {len(characters)} characters. "
                        f"Received: {(kind, first, end)}"
                    )
                name = "".join(characters[first:end])
                line.append(("".join(characters[end_before:first]), "", ""))
                line.append((name, kind, meanings.get(name, "")))
                end_before = end
            line.append(("".join(characters[end_before:]), "", ""))
            self._lines.append([piece for piece in line if piece[0]])
        kinds = dict.fromkeys(kind for line in self._lines for _, kind, _ in line if kind)
        self._colours = dict(zip(sorted(kinds), _KINDS * len(kinds), strict=False))

    def __repr__(self):
        return "\n".join(
            "".join(
                f"[{text} {kind}{', ' * bool(meaning)}{meaning}]" if kind else text
                for text, kind, meaning in line
            )
            for line in self._lines
        )

    def _repr_html_(self):
        def piece(text, kind, meaning):
            text, meaning = html.escape(text), html.escape(meaning)
            if not kind:
                return text
            style = (
                f"background:{self._colours[kind]};color:black;border:1px solid black;padding:0 4px"
            )
            below = f"<rt>{meaning}</rt>" if meaning else ""
            return (
                f'<ruby style="ruby-position:under"><span style="{style}">{text} '
                f"<small><b>{html.escape(kind)}</b></small></span>{below}</ruby>"
            )

        lines = ("".join(piece(*part) for part in line) for line in self._lines)
        return "".join(f'<p style="line-height:2.4">{line}</p>' for line in lines)


def _far(value, middle):
    """How far from the middle a value is, from -1 at the value 0 to 1 at the value 1."""
    return (value - middle) / (1 - middle if value >= middle else middle)


def coloured_sentences(values, *sentences, known, ends=("0", "1"), middle=0.5):
    """Draw sentences with `coloured_words`, and print which words were left out as unknown.

    Args:
        values: function from a list of words to as many numbers from 0 to 1.
        *sentences: strings; they are put in lower case and cut at blanks.
        known: the words that `values` can read: anything with `in`.
        ends, middle: as in `coloured_words`.

    Returns:
        the matplotlib figure.

    Raises:
        ValueError: no sentence, one without a known word, or values that `coloured_words` refuses.
    """
    texts, unknown = [], []
    for sentence in sentences:
        cut = sentence.lower().split()
        texts.append([word for word in cut if word in known])
        unknown += [word for word in cut if word not in known]
        if not texts[-1]:
            raise ValueError(f"Expected sentences with a known word. Received {sentence!r}")
    if unknown:
        print("left out, unknown:", ", ".join(dict.fromkeys(unknown)))
    return coloured_words(*((words, values(words)) for words in texts), ends=ends, middle=middle)


def _places(figure, texts, titles):
    """Where each word and title stands: (x, y, word, value or None for a title); the height needed."""
    renderer = figure.canvas.get_renderer()
    places, y = [], 0.2
    for number, (words, values) in enumerate(texts):
        if titles is not None:
            places.append((MARGIN, y, titles[number], None))
            y += 0.32
        x = MARGIN + 0.05
        for word, value in zip(words, values, strict=True):
            sample = figure.text(0, 0, word, size=11)
            width = max(sample.get_window_extent(renderer).width / figure.dpi, 0.25)
            sample.remove()
            if x + width > WIDTH - MARGIN and x > MARGIN + 0.05:
                x, y = MARGIN + 0.05, y + _LINE
            places.append((x, y, word, float(value)))
            x += width + _SPACE
        y += _LINE + _GAP * (number + 1 < len(texts)) * 0.5
    return places, y + 0.2
