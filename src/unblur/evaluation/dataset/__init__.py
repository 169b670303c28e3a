"""Paired data sets of known blur: made, written, read and checked."""
