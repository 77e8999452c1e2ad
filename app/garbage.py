"""What is loaded by now stays, and needn't be looked through for what could go."""

import gc


def keep_what_is_loaded() -> None:
    """Once, when a long-lived process has begun: or each round of collection looks at it all."""
    gc.collect()
    gc.freeze()
