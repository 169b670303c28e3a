"""Finding out how a picture was blurred, and saying so."""
