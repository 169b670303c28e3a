"""Real pairs of a blurred and a sharp picture: found, aligned, scored."""
