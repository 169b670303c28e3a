"""What can be seen of a picture's blur, measured and drawn on one page."""
