"""tensorflow.python.lib.io.file_io: tf.gfile's functions under the names that they have there, and a few more."""

import os
import uuid
import zlib

from ..ground.errors import OpError
from .gfile import (
    FileStatistics,
    copy,
    exists,
    is_directory,
    list_directory,
    makedirs,
    mkdir,
    remove,
    rename,
    rmtree,
    stat,
    walk,
)
from .gfile import GFile as FileIO
from .gfile import glob_ as get_matching_files

__all__ = ["FileIO", "FileStatistics", "copy", "file_exists", "is_directory", "list_directory", "rename", "stat", "walk"]

file_exists = file_exists_v2 = exists
delete_file = delete_file_v2 = remove
get_matching_files_v2 = get_matching_files
create_dir = create_dir_v2 = mkdir
recursive_create_dir = recursive_create_dir_v2 = makedirs
copy_v2, rename_v2, stat_v2 = copy, rename, stat
delete_recursively = delete_recursively_v2 = rmtree
is_directory_v2, list_directory_v2 = is_directory, list_directory
_BLOCK = 16 << 20


def walk_v2(top, topdown=True, onerror=None):
    """(folder, its folders, its files) for a folder and all below it; `onerror` is called with what went wrong."""
    yield from os.walk(os.fsdecode(top), topdown=topdown, onerror=onerror)


def read_file_to_string(filename, binary_mode=False):
    """All that is in a file, text or bytes."""
    with FileIO(filename, "rb" if binary_mode else "r") as file:
        return file.read()


def write_string_to_file(filename, file_content):
    """Makes a file of text or bytes."""
    with FileIO(filename, "wb" if isinstance(file_content, bytes) else "w") as file:
        file.write(file_content)


def atomic_write_string_to_file(filename, contents, overwrite=True):
    """Makes a file that has all of its contents from the first moment on; `overwrite` says whether there may be one already."""
    temporary = f"{filename}.tmp{uuid.uuid4().hex}"
    write_string_to_file(temporary, contents)
    try:
        rename(temporary, filename, overwrite)
    except OpError:
        remove(temporary)
        raise


def filecmp(filename_a, filename_b):
    """Whether two files hold the same."""
    return stat(filename_a).length == stat(filename_b).length and file_crc32(filename_a) == file_crc32(filename_b)


def file_crc32(filename, block_size=_BLOCK):
    """The CRC-32 of a file's bytes, as `hex` shows it."""
    crc = 0
    with FileIO(filename, "rb") as file:
        while block := file.read(block_size):
            crc = zlib.crc32(block, crc)
    return hex(crc)
