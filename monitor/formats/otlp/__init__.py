"""OpenTelemetry's wire format: protobuf or JSON, spans or log events, by GenAI's conventions or OpenInference's."""

from .envelope import Otlp

__all__ = ["Otlp"]
