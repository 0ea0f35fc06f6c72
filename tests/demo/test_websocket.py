import socket

import websocket

from weir.processes.ports import Address


def connect(demo: Address) -> websocket.WebSocket:
    return websocket.create_connection(f"ws://{demo}/ws", timeout=30)


def test_a_message_comes_back(demo: Address) -> None:
    client = connect(demo)
    client.send("hello")
    assert client.recv() == "hello"
    client.send_binary(b"\x00\xff")
    assert client.recv() == b"\x00\xff"
    client.close()


def test_a_message_longer_than_any_buffer_comes_back_whole(demo: Address) -> None:
    client = connect(demo)
    message = "wider than one read " * 100_000
    client.send(message)
    assert client.recv() == message
    client.close()


def test_a_ping_is_answered(demo: Address) -> None:
    client = connect(demo)
    client.ping("there?")
    code, data = client.recv_data(control_frame=True)
    assert (code, data) == (websocket.ABNF.OPCODE_PONG, b"there?")
    client.close()


def test_a_close_is_answered_with_the_same_code(demo: Address) -> None:
    client = connect(demo)
    client.send_close(status=4001)
    code, data = client.recv_data(control_frame=True)
    assert (code, data) == (websocket.ABNF.OPCODE_CLOSE, (4001).to_bytes(2))
    client.shutdown()


def send_raw(demo: Address, data: bytes) -> bytes:
    with socket.create_connection(demo, timeout=30) as client:
        client.sendall(data)
        answer = b""
        while part := client.recv(65536):
            answer += part
    return answer


HEAD = (
    b"GET /ws HTTP/1.1\r\nHost: demo\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def test_frames_that_come_with_the_head_are_not_lost(demo: Address) -> None:
    masked_hi = b"\x81\x82\x00\x00\x00\x00hi"
    masked_close = b"\x88\x80\x00\x00\x00\x00"
    answer = send_raw(demo, HEAD + masked_hi + masked_close)
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"\x81\x02hi" in answer


def test_an_unmasked_frame_closes_the_connection_with_a_protocol_error(demo: Address) -> None:
    answer = send_raw(demo, HEAD + b"\x81\x02hi")
    assert (1002).to_bytes(2) in answer.partition(b"\r\n\r\n")[2]


def test_a_handshake_of_another_version_is_refused(demo: Address) -> None:
    answer = send_raw(demo, HEAD.replace(b"Version: 13", b"Version: 7"))
    assert answer.startswith(b"HTTP/1.1 4")


def test_without_an_upgrade_the_answer_says_what_is_spoken_here(demo: Address) -> None:
    answer = send_raw(demo, b"GET /ws HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 426 ")
