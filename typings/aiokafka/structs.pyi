from typing import NamedTuple

class OffsetAndMetadata(NamedTuple):
    offset: int
    metadata: str

class TopicPartition(NamedTuple):
    topic: str
    partition: int
