"""Studies: networks, grids, sizes and seeds; the recorded one of 2017, and a user's own, which begins with `Study`."""

from .definition import Study, StudyError

__all__ = ["Study", "StudyError"]
