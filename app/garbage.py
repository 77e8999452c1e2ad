"""What a long-lived process does about Python's rounds of looking for what nobody needs any more.

Nearly everything goes by itself when it isn't needed; these rounds find the few rings of things
that hold each other.
"""

import gc

# By Python's own number a batch of a hundred letters would be looked through three times.
NEW_THINGS_A_ROUND = 10_000


def keep_what_is_loaded() -> None:
    """Once, when it has begun: what is loaded by now stays, and needn't be looked through."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_THINGS_A_ROUND)
