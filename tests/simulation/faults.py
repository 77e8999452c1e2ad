"""What ends a run, and what ends a worker."""


class Crash(BaseException):
    """The process dies here. No `except Exception` of the product may catch it."""


class Broken(BaseException):
    """A law doesn't hold. `law` is its number in DESIGN.md. Nor may the product catch this."""

    def __init__(self, law: int, sentence: str) -> None:
        super().__init__(f"law {law}: {sentence}")
        self.law = law


def demand(truth: bool, law: int, sentence: str) -> None:
    if not truth:
        raise Broken(law, sentence)
