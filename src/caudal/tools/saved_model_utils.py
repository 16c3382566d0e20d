"""SavedModels looked into without loading them."""

from ..formats.paths import to_path
from ..saved_model.loader import read_model

__all__ = ["get_meta_graph_def", "get_saved_model_tag_sets", "read_saved_model"]


def read_saved_model(saved_model_dir):
    """The `SavedModel` message in a folder.

    Raises:
      OSError: there is none, or it cannot be read.
    """
    return read_model(to_path(saved_model_dir))


def get_saved_model_tag_sets(saved_model_dir):
    """The tags of each MetaGraph in a folder, a list of lists."""
    return [list(one.meta_info_def.tags) for one in read_saved_model(saved_model_dir).meta_graphs]


def get_meta_graph_def(saved_model_dir, tag_set):
    """The `MetaGraphDef` of some tags, all of them, with commas between.

    Raises:
      RuntimeError: there is none of these tags.
    """
    for one in read_saved_model(saved_model_dir).meta_graphs:
        if set(one.meta_info_def.tags) == set(tag_set.split(",")):
            return one
    raise RuntimeError(f"MetaGraphDef associated with tag-set {tag_set} could not be found in SavedModel")
