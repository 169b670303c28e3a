"""The command line, one file a command; the only part that prints or ends the program."""
