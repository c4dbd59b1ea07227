#!/bin/sh
# Records every golden record again, each with the library that writes it in the field. Needs uv and go; Label Studio
# takes some minutes to install and start.   all.sh OUT
set -eu
cd "$(dirname "$0")"
mkdir -p "$1"
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'kill "${studio:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

environment() { # name, packages …: a virtual environment of its own
    uv venv -q --python 3.11 "$work/$1"
    name=$1
    shift
    VIRTUAL_ENV="$work/$name" uv pip install -q "$@"
}

environment now openai==3.57.0 litellm==1.80.0 langfuse==5.0.4 pyarrow opentelemetry-sdk==1.45.2 \
    opentelemetry-exporter-otlp-proto-common==1.45.2 opentelemetry-util-genai==0.4b0 \
    opentelemetry-instrumentation-openai-v2==2.4b0 opentelemetry-instrumentation-openai==0.62.4 \
    openinference-instrumentation-openai==0.1.66
for script in openai_sdk litellm_payload langfuse_export; do "$work/now/bin/python" $script.py "$out"; done
for kind in genai genai_operation genai_events traceloop openinference; do
    "$work/now/bin/python" otel.py "$out" $kind $kind
done

environment before "openai<2" opentelemetry-sdk==1.45.2 opentelemetry-exporter-otlp-proto-common==1.45.2 \
    opentelemetry-instrumentation-openai==0.40.14 "wrapt<2"
"$work/before/bin/python" otel.py "$out" traceloop_2025 traceloop

(cd collector && go build -o "$work/transcode" .)
for file in "$out"/otlp/*.pb; do
    signal=${file%.pb}
    "$work/transcode" "${signal##*.}" <"$file" >"${file%.pb}.json"
done
grep pdata collector/go.mod | head -1 >"$out/otlp/json.made_by.txt"

environment studio label-studio==1.23.2
token=0123456789abcdef0123456789abcdef01234567
(
    export LABEL_STUDIO_BASE_DATA_DIR="$work/data" LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN=true COLLECT_ANALYTICS=false
    export LABEL_STUDIO_USERNAME=lead@example.com LABEL_STUDIO_PASSWORD=only-for-this LABEL_STUDIO_USER_TOKEN=$token
    exec "$work/studio/bin/label-studio" start --no-browser --internal-host 127.0.0.1 --port 8977
) >"$work/studio.log" 2>&1 &
studio=$!
until curl -fs http://127.0.0.1:8977/health >/dev/null; do kill -0 $studio && sleep 2; done
"$work/now/bin/python" label_studio_export.py "$out" http://127.0.0.1:8977 $token
