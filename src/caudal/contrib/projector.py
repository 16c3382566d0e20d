"""contrib.tensorboard.plugins.projector: what TensorBoard's projector is told of a model's embeddings."""

import os

from google.protobuf import text_format

from ..formats.files import write_file
from ..formats.paths import to_path
from ..formats.proto import summary_pb2
from ..ground.api import constant, export
from ..ground.errors import need

__all__ = ["visualize_embeddings"]

_HOME = "contrib.tensorboard.plugins.projector."
_FILE = "projector_config.pbtxt"

for _name in ("EmbeddingInfo", "ProjectorConfig", "SpriteMetadata"):
    constant(getattr(summary_pb2, _name), _HOME + _name)
constant(summary_pb2, _HOME + "projector_config_pb2")


@export(_HOME + "visualize_embeddings")
def visualize_embeddings(summary_writer, config):
    """Writes `projector_config.pbtxt` into the folder of a writer's event files, where TensorBoard looks for it.

    Args:
      summary_writer: a `tf.summary.FileWriter`.
      config: a `ProjectorConfig`: of each embedding its variable's name, and the paths of files about its rows. Where it
        names no checkpoint, the projector takes the last one in that folder.

    Raises:
      ValueError: the writer has no folder.
    """
    folder = summary_writer.get_logdir()
    need(folder is not None, "Summary writer must have a logdir")
    write_file(os.path.join(to_path(folder), _FILE), text_format.MessageToString(config).encode())
