"""Lets ``python -m unblur`` do what ``unblur`` does."""

from unblur.cli.app import main

if __name__ == "__main__":
    raise SystemExit(main())
