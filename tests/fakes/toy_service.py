"""A small real HTTP service for tests, run as a process: it can start slowly, die, fall sick, and log rubbish.

Raw sockets and threads, since its start-up time is part of what the tests see.
"""

import argparse
import os
import socket
import sys
import threading
import time
from pathlib import Path


def answer(connection: socket.socket, sick_file: Path | None) -> None:
    """Serve one connection until it closes; every request is a head without a body."""
    buffered = b""
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            while b"\r\n\r\n" not in buffered:
                received = connection.recv(65536)
                if not received:
                    return
                buffered += received
            head, _, buffered = buffered.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1]
            if path == b"/exit":
                os._exit(3)
            sick = sick_file is not None and sick_file.exists()
            status = b"503 Service Unavailable" if sick else b"200 OK"
            body = b"%d" % os.getpid()
            connection.sendall(
                b"HTTP/1.1 %s\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body)
            )
            if b"\r\nconnection: close" in head.lower():
                return


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--start-delay-s", type=float, default=0)
    parser.add_argument("--exit-after-s", type=float)
    parser.add_argument("--sick-file", type=Path)
    parser.add_argument("--say", default="")
    parser.add_argument("--say-bytes", type=int, default=0)
    options = parser.parse_args()
    if options.start_delay_s:
        time.sleep(options.start_delay_s)
    listener = socket.create_server(("127.0.0.1", options.port), backlog=512)
    if options.exit_after_s is not None:
        threading.Timer(options.exit_after_s, os._exit, (4,)).start()
    if options.say:
        sys.stdout.write(options.say.encode().decode("unicode_escape") + "\n")
    if options.say_bytes:
        sys.stdout.write("x" * options.say_bytes + "\n")
    sys.stdout.flush()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, options.sick_file), daemon=True).start()


if __name__ == "__main__":
    main()
