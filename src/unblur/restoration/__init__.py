"""Restoring pictures: tiles, blending, the guard against harm, and batches of files."""
