"""Pictures as files and as arrays: reading, writing, colour, tiles."""
