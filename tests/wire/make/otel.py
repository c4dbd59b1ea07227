"""Record what OpenTelemetry instrumentations emit, as the protobuf that the Collector's Kafka exporter writes.

    otel.py OUT KIND INSTRUMENTATION

INSTRUMENTATION is genai (messages in spans), genai_operation (in one log event a call), genai_events (in a log event
a message, as before 2025), traceloop or openinference; KIND names the record.
"""

import contextlib
import os
import sys
from importlib.metadata import version
from pathlib import Path

import openai
from calls import CHATS
from endpoint import endpoint
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


def instrument(kind: str, spans: TracerProvider, logs: LoggerProvider) -> str:
    """Switch the instrumentation on; gives the distribution's name."""
    if kind.startswith("genai"):
        capture = {"genai": "SPAN_ONLY", "genai_operation": "EVENT_ONLY", "genai_events": "true"}[kind]
        os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = capture
        if kind != "genai_events":
            os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
            os.environ["OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT"] = str(kind == "genai_operation").lower()
        from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

        OpenAIInstrumentor().instrument(tracer_provider=spans, logger_provider=logs)
        return "opentelemetry-instrumentation-openai-v2"
    if kind == "openinference":
        from openinference.instrumentation.openai import OpenAIInstrumentor

        OpenAIInstrumentor().instrument(tracer_provider=spans)
        return "openinference-instrumentation-openai"
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=spans)
    return "opentelemetry-instrumentation-openai"


def without_traces(data: ExportTraceServiceRequest, url: str) -> bytes:
    """A traceback tells where the recording machine keeps its files, and a port is another each time."""
    for span in data.resource_spans[0].scope_spans[0].spans:
        for event in span.events:
            kept = [attribute for attribute in event.attributes if attribute.key != "exception.stacktrace"]
            del event.attributes[:]
            event.attributes.extend(kept)
        for attribute in span.attributes:
            if attribute.value.string_value.startswith(url):
                attribute.value.string_value = "https://model.example/v1"
    return data.SerializeToString()


def main(out: Path, kind: str, instrumentation: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    resource = Resource({"service.name": "shop", "service.version": "1.4.0", "deployment.environment.name": "prod"})
    spans, span_exporter = TracerProvider(resource=resource), InMemorySpanExporter()
    spans.add_span_processor(SimpleSpanProcessor(span_exporter))
    logs, log_exporter = LoggerProvider(resource=resource), InMemoryLogRecordExporter()
    logs.add_log_record_processor(SimpleLogRecordProcessor(log_exporter))
    name = instrument(instrumentation, spans, logs)
    tracer = spans.get_tracer("shop")
    with endpoint() as url, tracer.start_as_current_span("GET /orders"):
        client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
        for call in CHATS.values():
            client.chat.completions.create(model="gpt-4o-mini", **call)
        with contextlib.suppress(openai.APIStatusError):
            client.chat.completions.create(model="overloaded", **CHATS["chat"])
    traces = encode_spans(span_exporter.get_finished_spans())
    (out / f"{kind}.traces.pb").write_bytes(without_traces(traces, url))
    if records := log_exporter.get_finished_logs():
        (out / f"{kind}.logs.pb").write_bytes(encode_logs(records).SerializeToString())
    made_by = f"{kind}: {name} {version(name)}, opentelemetry-sdk {version('opentelemetry-sdk')}\n"
    (out / f"{kind}.made_by.txt").write_text(made_by)


main(Path(sys.argv[1]) / "otlp", sys.argv[2], sys.argv[3])
