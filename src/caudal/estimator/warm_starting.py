"""WarmStartSettings: an estimator whose variables start as an earlier model's."""

import collections
import os

from ..formats.paths import to_path
from ..ground.api import export
from ..ground.errors import need
from ..platform import logging
from ..saved_model.constants import VARIABLES_DIRECTORY, VARIABLES_FILENAME
from ..train.warm_start import warm_start

__all__ = ["WarmStartSettings", "start_warm", "warm_start_settings"]

_FIELDS = ["ckpt_to_initialize_from", "vars_to_warm_start", "var_name_to_vocab_info", "var_name_to_prev_var_name"]


@export("estimator.WarmStartSettings")
class WarmStartSettings(collections.namedtuple("WarmStartSettings", _FIELDS)):
    """From what, and which, variables start; the arguments are `tf.train.warm_start`'s.

    Raises:
      ValueError: there is no checkpoint's path.
    """

    def __new__(
        cls, ckpt_to_initialize_from, vars_to_warm_start=".*", var_name_to_vocab_info=None, var_name_to_prev_var_name=None
    ):
        need(ckpt_to_initialize_from, "`ckpt_to_initialize_from` MUST be set in WarmStartSettings")
        vocabularies, names = var_name_to_vocab_info or {}, var_name_to_prev_var_name or {}
        return super().__new__(cls, ckpt_to_initialize_from, vars_to_warm_start, vocabularies, names)


def warm_start_settings(warm_start_from):
    """The settings that an estimator's argument means: None, settings, or the path of a checkpoint or a SavedModel."""
    if warm_start_from is None or isinstance(warm_start_from, WarmStartSettings):
        return warm_start_from
    need(
        isinstance(warm_start_from, str | bytes),
        f"warm_start_from must be a string or a WarmStartSettings, instead got {type(warm_start_from)}",
    )
    variables = os.path.join(to_path(warm_start_from), VARIABLES_DIRECTORY, VARIABLES_FILENAME)
    if os.path.exists(variables + ".index"):
        logging.info("Warm-starting from a SavedModel")
        return WarmStartSettings(variables)
    return WarmStartSettings(warm_start_from)


def start_warm(settings):
    """Replaces initializers of the default graph's variables."""
    logging.info("Warm-starting with WarmStartSettings: %s", settings)
    warm_start(*settings)
