class Error(Exception):
    """What went wrong and what to do, in the words of lw's tools where they say it."""
