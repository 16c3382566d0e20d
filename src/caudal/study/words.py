"""Numbers as readers see them: percents, intervals, p, times, hyperparameters, with real minus signs and sane digits."""

__all__ = ["GREEK", "axis_name", "duration", "interval", "number", "p_value", "percent", "point", "signed", "spread"]

GREEK = {"l2": "λ", "keep_prob": "ρ", "rate": "α"}  # the study's letters


def axis_name(name):
    """A hyperparameter's letter in the study, else its name."""
    return GREEK.get(name, name)


def number(value, digits=3):
    """A value to `digits` significant places, without zeros at its end; all of its whole part, powers of ten where it is very small."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "–" if value is None else str(value)
    if isinstance(value, int) or abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}".replace("-", "−")
    head, e, power = f"{value:.{digits}g}".partition("e")
    head = head.rstrip("0").rstrip(".") if "." in head else head
    return (f"{head}e{int(power)}" if e else head).replace("-", "−")


def signed(value, places=2):
    """With its sign, even if it is +."""
    text = f"{value:+.{places}f}".replace("-", "−")
    return text[1:] if float(text.replace("−", "-")) == 0 else text


def percent(value, places=2):
    """A share in [0, 1] as percent."""
    return "–" if value is None else f"{100 * value:.{places}f} %"


def spread(estimate, places=2, factor=1):
    """`97.90 ± 0.12`, mean and standard deviation; the mean alone if there is one value."""
    mean = f"{factor * estimate.mean:.{places}f}".replace("-", "−")
    return mean if estimate.deviation is None else f"{mean} ± {factor * estimate.deviation:.{places}f}"


def interval(low, high, places=2, sign=False):
    """`97.8 to 98.0`; a dash if there is none."""
    if low is None:
        return "–"
    return " to ".join(signed(x, places) if sign else f"{x:.{places}f}".replace("-", "−") for x in (low, high))


def p_value(p):
    """Three places, as journals want it."""
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def duration(seconds):
    """In the unit that suits it."""
    for unit, length in (("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= length:
            return f"{seconds / length:.{1 if unit != 's' else 0}f} {unit}"
    return f"{1000 * seconds:.3g} ms" if seconds > 0 else "0 s"


def point(values):
    """Hyperparameters in a line: `λ 0.0004, ρ 0.75`."""
    return ", ".join(f"{axis_name(name)} {number(value)}" for name, value in values.items())
