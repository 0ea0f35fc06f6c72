"""HTTP/1.1 (RFC 9110, 9112): bytes to messages and back, the same strictness in both directions.

* **head**: a start line and fields, parsed; never passed on as the bytes that came;
* **field**: (lower-case name, name as it came, value), in the order of arrival;
* **framing**: what says where a message ends; ambiguity is refused;
* **reader**: bytes of one connection to heads and body pieces.

Files, in reading order: ``names``, ``head``, ``framing``, ``target``, ``connection_field``, ``upgrade``,
``request_reader``, ``response_reader``, ``writer``.
"""
