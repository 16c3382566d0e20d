"""tf.data.Options and its parts: how a data set is to be run. Results do not depend on them, but for fusions of shuffles."""

from ..ground.api import export

__all__ = ["Options"]


class OptionsBase:
    """Settings by name, None where nothing is said."""

    _names: tuple[str, ...] = ()
    _made: dict[str, type] = {}

    def __init_subclass__(cls):
        for name in cls._names:
            setattr(cls, name, None)

    def __init__(self):
        for name in self._names:
            object.__setattr__(self, name, None)

    def __setattr__(self, name, value):
        if name not in self._names:
            raise AttributeError(f"Cannot set the property {name} on {type(self).__name__}.")
        object.__setattr__(self, name, value)

    def __getattribute__(self, name):
        made = object.__getattribute__(self, "_made")
        value = object.__getattribute__(self, name)
        if value is None and name in made:
            value = made[name]()
            object.__setattr__(self, name, value)
        return value

    def __eq__(self, other):
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None


@export("data.experimental.MapVectorizationOptions")
class MapVectorizationOptions(OptionsBase):
    """Whether functions are called for whole batches."""

    _names = ("enabled", "use_choose_fastest")


@export("data.experimental.OptimizationOptions")
class OptimizationOptions(OptionsBase):
    """Which rewritings TF would make."""

    _names = (
        "apply_default_optimizations",
        "autotune",
        "autotune_algorithm",
        "autotune_buffers",
        "autotune_cpu_budget",
        "filter_fusion",
        "filter_with_random_uniform_fusion",
        "hoist_random_uniform",
        "map_and_batch_fusion",
        "map_and_filter_fusion",
        "map_fusion",
        "map_parallelization",
        "map_vectorization",
        "noop_elimination",
        "parallel_batch",
        "shuffle_and_repeat_fusion",
    )
    _made = {"map_vectorization": MapVectorizationOptions}


@export("data.experimental.DistributeOptions")
class DistributeOptions(OptionsBase):
    """How a data set is shared among workers."""

    _names = ("auto_shard", "num_devices")


@export("data.experimental.StatsOptions")
class StatsOptions(OptionsBase):
    """What is counted."""

    _names = ("aggregator", "counter_prefix", "latency_all_edges", "prefix")


@export("data.experimental.ThreadingOptions")
class ThreadingOptions(OptionsBase):
    """How many threads there are."""

    _names = ("max_intra_op_parallelism", "private_threadpool_size")


@export("data.Options")
class Options(OptionsBase):
    """How a data set is to be run."""

    _names = (
        "experimental_deterministic",
        "experimental_distribute",
        "experimental_optimization",
        "experimental_slack",
        "experimental_stateful_whitelist",
        "experimental_stats",
        "experimental_threading",
    )
    _made = {
        "experimental_distribute": DistributeOptions,
        "experimental_optimization": OptimizationOptions,
        "experimental_stats": StatsOptions,
        "experimental_threading": ThreadingOptions,
    }

    def merge(self, options):
        """These options and, where they say more, those of `options`."""
        return merged(self, options)

    def optimizations(self):
        """The names of the rewritings that are wanted, as the node that asks for them has them."""
        own = self.experimental_optimization
        default = own.apply_default_optimizations is not False
        wanted = {name for name in _DEFAULT if default and getattr(own, name) is not False}
        wanted |= {name for name in _REWRITINGS if getattr(own, name)}
        return sorted(wanted)


_DEFAULT = ("map_and_batch_fusion", "noop_elimination", "shuffle_and_repeat_fusion")
_REWRITINGS = (
    "filter_fusion",
    "filter_with_random_uniform_fusion",
    "hoist_random_uniform",
    "map_and_batch_fusion",
    "map_and_filter_fusion",
    "map_fusion",
    "map_parallelization",
    "noop_elimination",
    "parallel_batch",
    "shuffle_and_repeat_fusion",
)


def merged(first, second):
    """Two sets of options as one; the second counts where it says something."""
    out = type(first)()
    for name in first._names:
        mine, other = (object.__getattribute__(o, name) for o in (first, second))
        if isinstance(mine, OptionsBase) and isinstance(other, OptionsBase):
            value = merged(mine, other)
        else:
            value = mine if other is None else other
        object.__setattr__(out, name, value)
    return out
