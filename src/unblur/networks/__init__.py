"""Networks (torch only): one family a file, listed in `registry`."""
