"""The calls that every library is recorded with."""

from typing import Any

MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "You help customers."},
    {"role": "user", "content": "When does my order ship?"},
]
PARAMETERS = {"type": "object", "properties": {"order": {"type": "integer"}}, "required": ["order"]}
TOOLS: list[dict[str, Any]] = [
    {"type": "function", "function": {"name": "order_status", "description": "Where it is.", "parameters": PARAMETERS}}
]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"ships": {"type": "string"}},
    "required": ["ships"],
    "additionalProperties": False,
}
FORMAT: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "shipping", "strict": True, "schema": SCHEMA}}
CHATS: dict[str, dict[str, Any]] = {
    "chat": {"messages": MESSAGES, "temperature": 0.2},
    "tools": {"messages": MESSAGES, "tools": TOOLS},
    "structured": {"messages": MESSAGES, "response_format": FORMAT},
}
"""Keyword arguments of a chat completion, by the name of the record."""
