"""Every dashboard there is."""

from . import judging, pipeline

BOARDS = (pipeline.BOARD, judging.BOARD)
