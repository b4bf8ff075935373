"""Exit with 0 when the port of this container answers a GET with 200: `answers.py PATH PORT [VARIABLE]`.

The images' health check. It runs every few seconds in each container, so it imports nothing but what a connection needs.
The port is the variable's where that is set.
"""

import os
import socket
import sys

TIMEOUT_S = 3


def status(path: str, port: int) -> str:
    """Return the answer's status, empty when nobody says one."""
    ask = f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as connection:
            connection.sendall(ask.encode())
            words = connection.recv(64).split()
    except OSError:
        return ""
    return words[1].decode("ascii", "replace") if len(words) > 1 else ""


if __name__ == "__main__":
    variable = sys.argv[3] if len(sys.argv) > 3 else ""
    port = os.environ.get(variable, "").rpartition(":")[2] or sys.argv[2]
    sys.exit(0 if status(sys.argv[1], int(port)) == "200" else 1)
