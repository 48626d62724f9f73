"""Scores and errors as lines of text."""

import numpy as np


def score_table(rows, digits=3):
    """A name, the mean and, where there are several values, their range and number: one line a row.

    Args:
        rows: dict from names to a number or a sequence of numbers, one a seed.
        digits: decimal places.
    """
    width, lines = max(map(len, rows)), []
    for name, values in rows.items():
        values = np.atleast_1d(values)
        line = f"{name:<{width}}  {values.mean():.{digits}f}"
        if len(values) > 1:
            line += (
                f"   {values.min():.{digits}f} to {values.max():.{digits}f}, {len(values)} seeds"
            )
        lines.append(line)
    return "\n".join(lines)


def error_table(rows):
    """`score_table` with four decimal places, which small errors need."""
    return score_table(rows, digits=4)


def interval_table(rows):
    """Scores with their intervals, a line a name and a column a group, as in .959 (.906-.995).

    Args:
        rows: dict from names to dicts from groups to (mean, low, high), all of them shares from 0 to 1.
    """

    def short(share):
        return f"{share:.3f}".removeprefix("0")[:4]  # 1.00, not 1.000: columns stay straight

    groups = list(next(iter(rows.values())))
    width = max(map(len, rows))
    lines = [" " * width + "".join(f"  {group:<16}" for group in groups).rstrip()]
    for name, cells in rows.items():
        shown = (
            f"{short(mean)} ({short(low)}-{short(high)})"
            for mean, low, high in (cells[group] for group in groups)
        )
        lines.append(f"{name:<{width}}" + "".join(f"  {cell:<16}" for cell in shown).rstrip())
    return "\n".join(lines)


def rates_table(rows):
    """Error rates of sequences: a line a system, with its range where it was trained more than once.

    Args:
        rows: dict from names to lists of results with `.rate` and `.wrong`, such as
            `course_lib.sequence_scores.ErrorRate`: one a seed.
    """
    width = max(map(len, rows))
    lines = [f"{'':<{width}}  phoneme error   word error"]
    for name, scores in rows.items():
        rates, wrong = [score.rate for score in scores], [score.wrong for score in scores]
        line = f"{name:<{width}}  {np.mean(rates):>13.1%}   {np.mean(wrong):>10.1%}"
        if len(scores) > 1:
            line += f"   phonemes {min(rates):.1%} to {max(rates):.1%}, {len(rates)} seeds"
        lines.append(line)
    return "\n".join(lines)


def language_table(bits, texts, stored, savings, *, parts=("test", "new_poets"), ends="/."):
    """What language models are worth on held-out texts: a line a model.

    The columns are the numbers stored; the perplexity on both parts, of the mean over seeds; the mean bits
    of the signs that end a line; and the bits a sign that a model saves, with their interval.

    Args:
        bits: model -> part of the data -> one array a seed, -log2 P of every sign of its texts, one after
            the other, each with its end.
        texts: part -> its texts, strings without the sign of the end.
        stored: model -> how many numbers it stores.
        savings: model -> what `language_models.saved` returns on the first part; None leaves the cells
            empty, as for the model against which is counted.
        parts: two parts of the data.
        ends: the signs that end a line; the last of them ends a text.
    """
    first, second = parts
    at_end = np.array([sign in ends for text in texts[first] for sign in text + ends[-1]])
    lines = [
        f"                      numbers   perplexity       bits a   bits saved, {first}",
        f"                       stored {first:>6} {second:>9}  line end   95 % interval",
    ]
    for model, of in bits.items():
        known, new = (2 ** np.mean(of[part]) for part in parts)
        of_ends = np.mean(np.array(of[first])[:, at_end])
        line = f"{model:<18} {stored[model]:>10,} {known:>6.1f} {new:>9.1f} {of_ends:>9.2f}"
        if savings.get(model) is not None:
            gains, (low, high) = savings[model]
            line += f"   {np.mean(gains):>+6.3f} ({low:+.3f} to {high:+.3f})"
        lines.append(line)
    return "\n".join(lines)


def translation_table(rows):
    """chrF and, behind it, the share of exact translations: a line a system, a column a group of texts.

    Args:
        rows: dict from names to dicts from groups to lists of (chrF, exact share), one a seed. Means are
            shown, and the number of seeds where there are several.
    """
    groups = list(next(iter(rows.values())))
    width = max(map(len, rows))
    lines = [" " * width + "".join(f"  {group:>12}" for group in groups)]
    for name, found in rows.items():
        cells = [tuple(np.mean(found[group], axis=0)) for group in groups]
        line = f"{name:<{width}}" + "".join(
            f"  {score:>6.1f} {exact:.3f}" for score, exact in cells
        )
        seeds = len(found[groups[0]])
        lines.append(line + f"   {seeds} seeds" * (seeds > 1))
    return "\n".join(lines)


def lead_table(own, ahead):
    """chrF with its 95 % interval and the range over seeds; how far one system is ahead of each other.

    Args:
        own: dict from names to `sequence_scores.ChrfInterval`.
        ahead: the same for the difference to that system; a name may be missing.
    """
    width = max(map(len, own))
    lines = [f"{'':<{width}}  chrF  95 % interval  seeds          the last is ahead by"]
    for name, one in own.items():
        spread = f"{min(one.seeds):.1f} to {max(one.seeds):.1f}" if len(one.seeds) > 1 else ""
        line = (
            f"{name:<{width}}  {one.score:4.1f}  {one.low:4.1f} to {one.high:4.1f}   {spread:<13}"
        )
        if name in ahead:
            gap = ahead[name]
            line += f"  {gap.score:+5.1f} ({gap.low:+.1f} to {gap.high:+.1f})"
        lines.append(line.rstrip())
    return "\n".join(lines)


def f1_table(own, ahead, illegal):
    """F1 with its 95 % interval and the range over seeds; how far one system is ahead; illegal steps.

    Args:
        own: dict from names to `tagging.F1Interval`.
        ahead: the same for the difference to that system; a name may be missing.
        illegal: name -> how often its answers break the rules, a number or one a seed.
    """
    best = [name for name in own if name not in ahead]
    width = max(map(len, own))
    lines = [f"{'':<{width}}  F1     95 % interval   illegal   {', '.join(best)} is ahead by"]
    for name, one in own.items():
        line = f"{name:<{width}}  {one.f1:.3f}  {one.low:.3f} to {one.high:.3f}"
        line += f"  {np.mean(illegal[name]):>7.0f}"
        if name in ahead:
            gap = ahead[name]
            line += f"   {gap.f1:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})"
        if len(one.seeds) > 1:
            line = f"{line:<{width + 64}}   seeds {min(one.seeds):.3f} to {max(one.seeds):.3f}"
        lines.append(line)
    return "\n".join(lines)
