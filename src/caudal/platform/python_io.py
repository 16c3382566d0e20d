"""tf.python_io: TFRecord files, written and read outside of graphs."""

from ..formats.records import Writer, read_records
from ..ground.api import export

__all__ = ["TFRecordCompressionType", "TFRecordOptions", "TFRecordWriter", "tf_record_iterator"]


@export("python_io.TFRecordCompressionType", "io.TFRecordCompressionType")
class TFRecordCompressionType:
    """How a TFRecord file is packed."""

    NONE = 0
    ZLIB = 1
    GZIP = 2


@export("python_io.TFRecordOptions", "io.TFRecordOptions")
class TFRecordOptions:
    """How a TFRecord file is packed, and how well.

    Args:
      compression_type: a `TFRecordCompressionType`, or "", "ZLIB", "GZIP".
      flush_mode, input_buffer_size, output_buffer_size, compression_method: accepted.
      window_bits, compression_level, mem_level, compression_strategy: zlib's.

    Raises:
      ValueError: no such type.
    """

    compression_type_map = {0: "", 1: "ZLIB", 2: "GZIP"}

    def __init__(
        self,
        compression_type=None,
        flush_mode=None,
        input_buffer_size=None,
        output_buffer_size=None,
        window_bits=None,
        compression_level=None,
        compression_method=None,
        mem_level=None,
        compression_strategy=None,
    ):
        self.get_compression_type_string(compression_type)  # refuses what is none
        self.compression_type = compression_type
        self.flush_mode = flush_mode
        self.input_buffer_size, self.output_buffer_size = input_buffer_size, output_buffer_size
        self.window_bits, self.compression_level = window_bits, compression_level
        self.compression_method, self.mem_level = compression_method, mem_level
        self.compression_strategy = compression_strategy

    @classmethod
    def get_compression_type_string(cls, options):
        """ "", "ZLIB" or "GZIP", for options, a type or its name."""
        if not options:
            return ""
        if isinstance(options, TFRecordOptions):
            return cls.get_compression_type_string(options.compression_type)
        if options in cls.compression_type_map:
            return cls.compression_type_map[options]
        if options in cls.compression_type_map.values():
            return options
        raise ValueError(f'Not a valid compression_type: "{options}"')


@export("python_io.tf_record_iterator", "io.tf_record_iterator")
def tf_record_iterator(path, options=None):
    """Yields the records of a file, bytes.

    Args:
      path: the file.
      options: `TFRecordOptions`, or a compression type.

    Raises:
      tf.errors.NotFoundError: there is none; tf.errors.DataLossError: it is damaged.
    """
    return read_records(path, TFRecordOptions.get_compression_type_string(options))


@export("python_io.TFRecordWriter", "io.TFRecordWriter")
class TFRecordWriter:
    """Writes records to a file; also a context manager.

    Args:
      path: the file.
      options: `TFRecordOptions`, or a compression type.

    Raises:
      tf.errors.NotFoundError: its folder is not there.
    """

    def __init__(self, path, options=None):
        if not isinstance(options, TFRecordOptions):
            options = TFRecordOptions(compression_type=options)
        kind = TFRecordOptions.get_compression_type_string(options)
        self._writer = Writer(
            path, kind, options.compression_level, options.window_bits, options.mem_level, options.compression_strategy
        )

    def write(self, record):
        """Appends a record, bytes."""
        self._writer.write(record)

    def flush(self):
        """Hands to the system what is kept back."""
        self._writer.flush()

    def close(self):
        """Ends the file."""
        self._writer.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
