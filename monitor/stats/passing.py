"""pass@k: the chance that at least one of k attempts passes."""

from math import prod


def pass_at_k(attempts: int, passed: int, k: int) -> float:
    """The unbiased estimate from more attempts than k, for one task; average it over tasks.

    Chen et al., "Evaluating Large Language Models Trained on Code" (2021), equation 1.

    Raises:
        ValueError: fewer attempts than k, or more passes than attempts.

    >>> round(pass_at_k(5, 2, 2), 4)
    0.7
    """
    if not 0 <= passed <= attempts or not 1 <= k <= attempts:
        raise ValueError(f"{passed} of {attempts} attempts passed: pass@{k} cannot be told")
    if attempts - passed < k:
        return 1.0
    return 1.0 - prod(1.0 - k / n for n in range(attempts - passed + 1, attempts + 1))
