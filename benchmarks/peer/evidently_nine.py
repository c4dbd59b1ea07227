"""Evidently's nine descriptors that need no download, over outputs: CPU seconds. Runs with Evidently's packages.

evidently_nine.py SAMPLES    JSON lines with ``output``
"""

import json
import sys
import time

import pandas
from evidently import DataDefinition, Dataset
from evidently.descriptors import (
    Contains,
    ContainsLink,
    IsValidJSON,
    IsValidPython,
    NonLetterCharacterPercentage,
    RegExp,
    SentenceCount,
    TextLength,
    WordCount,
)


def described(texts: list[str]) -> float:
    """CPU seconds that it takes."""
    descriptors = [
        TextLength("output"),
        WordCount("output"),
        SentenceCount("output"),
        NonLetterCharacterPercentage("output"),
        RegExp("output", reg_exp=r"\d{4}-\d{2}-\d{2}"),
        Contains("output", items=["sorry", "cannot"], mode="any"),
        ContainsLink("output"),
        IsValidJSON("output"),
        IsValidPython("output"),
    ]
    started = time.process_time()
    dataset = Dataset.from_pandas(
        pandas.DataFrame({"output": texts}),
        data_definition=DataDefinition(text_columns=["output"]),
        descriptors=descriptors,
    )
    assert len(dataset.as_dataframe().columns) == 1 + len(descriptors)
    return time.process_time() - started


with open(sys.argv[1], encoding="utf-8") as file:
    OUTPUTS = [json.loads(line)["output"] for line in file]
described(OUTPUTS[:50])
print(json.dumps({"samples": len(OUTPUTS), "seconds": described(OUTPUTS)}))
