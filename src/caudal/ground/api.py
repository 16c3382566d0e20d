"""Which object has which public names: `@export("nn.relu", "nn.relu6")` stands at each definition, and the
package's root hangs them all under `tf`."""

__all__ = ["constant", "export"]

PUBLIC: dict[str, object] = {}  # "nn.relu" -> the function


def export(*names):
    """Decorator: the object is `tf.<name>` for each of `names`; the first is the one it is known by."""

    def hang(what):
        for name in names:
            if name in PUBLIC and PUBLIC[name] is not what:
                raise ValueError(f"tf.{name} is defined twice: {PUBLIC[name]!r} and {what!r}")
            PUBLIC[name] = what
        return what

    return hang


def constant(value, *names):
    """`value`, which cannot be decorated, under its public names."""
    return export(*names)(value)
