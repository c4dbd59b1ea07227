// Writes OTLP protobuf, read from standard input, as the JSON of the Collector's otlp_json encoding.
package main

import (
	"io"
	"log"
	"os"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func main() {
	in, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	out, err := transcode(os.Args[1], in)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := os.Stdout.Write(out); err != nil {
		log.Fatal(err)
	}
}

func transcode(signal string, in []byte) ([]byte, error) {
	if signal == "logs" {
		logs, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(in)
		if err != nil {
			return nil, err
		}
		return (&plog.JSONMarshaler{}).MarshalLogs(logs)
	}
	traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(in)
	if err != nil {
		return nil, err
	}
	return (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
}
