import type { Metadata } from "@grpc/grpc-js";
import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { containsPan } from "../../domain/pan.ts";

/** A call's span. */
export interface CallSpan {
  /** @param code gRPC status */
  end(code: number): void;
}

/** OpenTelemetry traces of calls; a caller's trace goes on in the server. */
export interface Tracing {
  start(method: string, metadata: Metadata): CallSpan;
  /** Sends what is left. */
  close(): Promise<void>;
}

const getter = {
  keys: (metadata: Metadata): string[] => Object.keys(metadata.getMap()),
  get: (metadata: Metadata, key: string): string | undefined => {
    const [value] = metadata.get(key);
    // tracestate and baggage are texts of the caller's, and go out to the collector.
    return typeof value === "string" && !containsPan(value) ? value : undefined;
  },
};

/**
 * Starts sending spans.
 *
 * @param endpoint the collector's base URL, as OTEL_EXPORTER_OTLP_ENDPOINT gives it
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
 */
export function startTracing(endpoint: string, serviceName: string): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, "")}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ "service.name": serviceName }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();
  const tracer = trace.getTracer("paysecure");
  return {
    start(method, metadata) {
      const parent = propagation.extract(context.active(), metadata, getter);
      const attributes = { "rpc.system": "grpc", "rpc.method": method };
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
      return {
        end(code) {
          span.setAttribute("rpc.grpc.status_code", code);
          if (code !== 0) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    close: () => provider.shutdown(),
  };
}
