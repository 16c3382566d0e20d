"""Ids as vectors: embedded sequences, bags of words; and a dense tensor as a sparse one."""

from ...build.scopes import variable_scope
from ...graph.composite import SparseTensor
from ...graph.convert import convert_to_tensor
from ...graph.graph import Tensor
from ...ground import dtypes
from ...ground.errors import need
from ...ops.basic import constant
from ...ops.batch_gather import gather_nd
from ...ops.elementwise import not_equal
from ...ops.embedding import embedding_lookup
from ...ops.reduce import reduce_mean
from ...ops.shape import shape
from ...ops.slicing import where
from ..framework import variables
from ..framework.arg_scope import add_arg_scope
from .model_layers import collect
from .regularizers import both

__all__ = ["bow_encoder", "dense_to_sparse", "embed_sequence"]


@both("embed_sequence")
@add_arg_scope
def embed_sequence(
    ids, vocab_size=None, embed_dim=None, unique=False, initializer=None, regularizer=None, trainable=True, scope=None, reuse=None
):
    """A vector for each id, `[batch, length, embed_dim]`, from a variable "embeddings".

    Args:
      ids: int `[batch, length]`.
      vocab_size, embed_dim: the variable's shape; both may be None where it is reused.
      unique: whether equal ids are looked up once; the vectors are the same.
      initializer, regularizer, trainable: of the variable.
      scope: the scope's name; reuse: whether the variable is shared.

    Raises:
      ValueError: no shape for a new variable.
    """
    need(
        reuse or (vocab_size is not None and embed_dim is not None),
        "Must specify vocab size and embedding dimension when not reusing. Got vocab_size=%s and embed_dim=%s"
        % (vocab_size, embed_dim),
    )
    with variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        wanted = None if vocab_size is None or embed_dim is None else [vocab_size, embed_dim]
        embeddings = variables.model_variable(
            "embeddings", shape=wanted, initializer=initializer, regularizer=regularizer, trainable=trainable
        )
        return embedding_lookup(embeddings, ids)


@both("bow_encoder")
@add_arg_scope
def bow_encoder(
    ids, vocab_size, embed_dim, sparse_lookup=True, initializer=None, regularizer=None, trainable=True, scope=None, reuse=None
):
    """The mean of the vectors of each example's ids, `[batch, embed_dim]`.

    Args:
      ids: int `[batch, length]`.
      vocab_size, embed_dim: the variable's shape.
      sparse_lookup: whether equal ids are looked up once.
      initializer, regularizer, trainable: of the variable.
      scope: the scope's name; reuse: whether the variable is shared.

    Raises:
      TypeError: `ids` is a SparseTensor or no tensor.
    """
    if isinstance(ids, SparseTensor):
        raise TypeError("ids are expected to be dense Tensor, got: %s" % ids)
    if not isinstance(ids, Tensor):
        raise TypeError("ids are expected to be dense Tensor, got: %s" % ids)
    with variable_scope(scope, "bow_encoder", [ids], reuse=reuse):
        embeddings = variables.model_variable(
            "embeddings", shape=[vocab_size, embed_dim], initializer=initializer, regularizer=regularizer, trainable=trainable
        )
        return reduce_mean(embedding_lookup(embeddings, ids), axis=1)


@both("dense_to_sparse")
@add_arg_scope
def dense_to_sparse(tensor, eos_token=0, outputs_collections=None, scope=None):
    """The elements other than `eos_token` as a SparseTensor.

    Args:
      tensor: int; eos_token: an int; outputs_collections: where the outputs go; scope: the scope's name.
    """
    with variable_scope(scope, "dense_to_sparse", [tensor]) as sc:
        tensor = convert_to_tensor(tensor)
        indices = where(not_equal(tensor, constant(eos_token, tensor.dtype)))
        values = gather_nd(tensor, indices)
        made = SparseTensor(indices, values, shape(tensor, out_type=dtypes.int64))
        return collect(outputs_collections, made, sc.name)
