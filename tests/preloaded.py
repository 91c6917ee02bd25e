"""Imported once by the process that others are forked from, so that each is quick to begin."""

from tests.killing import segmenter

segmenter()
