"""Video: files read and written frame by frame, each frame helped by its neighbours."""
