"""What we use of aiokafka, which has no types of its own."""

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any

class AIOKafkaProducer:
    def __init__(
        self,
        *,
        bootstrap_servers: str = ...,
        security_protocol: str = ...,
        ssl_context: ssl.SSLContext | None = ...,
        sasl_mechanism: str = ...,
        sasl_plain_username: str | None = ...,
        sasl_plain_password: str | None = ...,
        acks: int | str = ...,
        linger_ms: int = ...,
        request_timeout_ms: int = ...,
        max_request_size: int = ...,
        max_batch_size: int = ...,
        compression_type: str | None = ...,
    ) -> None: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def send(
        self,
        topic: str,
        value: bytes | None = ...,
        *,
        key: bytes | None = ...,
        partition: int | None = ...,
        timestamp_ms: int | None = ...,
        headers: Sequence[tuple[str, bytes | None]] = ...,
    ) -> asyncio.Future[Any]: ...

class AIOKafkaConsumer:
    def __init__(self, *topics: str, **kwargs: Any) -> None: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def getmany(self, *, timeout_ms: int = ..., max_records: int | None = ...) -> dict[Any, list[Any]]: ...
