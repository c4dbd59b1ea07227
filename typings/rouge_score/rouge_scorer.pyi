"""What we use of rouge-score."""

class Score:
    fmeasure: float

class RougeScorer:
    def __init__(self, rouge_types: list[str], use_stemmer: bool = ...) -> None: ...
    def score(self, target: str, prediction: str) -> dict[str, Score]: ...
