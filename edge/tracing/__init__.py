"""OpenTelemetry: one server span for a sampled request, one client span for each of its attempts, sent by OTLP/HTTP.

Off unless an endpoint is set, and then a request pays for one look at an attribute. On its path a sampled request puts
one tuple aside. In reading order: ``context`` (whose trace, is it sampled), ``tracer`` (the queue), ``spans`` (tuples
become protobuf; the only file that needs the extra), ``exporter`` (the POST).
"""
