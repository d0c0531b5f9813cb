"""The drill's gateway, as far as a comparison needs it: the same chances, a line in a file for every SMS taken.

python3 compare_gateway.py SEED TAKEN   prints its port
"""

import http.server
import json
import random
import socket
import struct
import sys
import threading
import time


class Gateway(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    chances = random.Random(int(sys.argv[1]))
    taken = open(sys.argv[2], "a", buffering=1)
    lock = threading.Lock()
    busy = 0

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.lock:
            chance = self.chances.randrange(1000)
            if Gateway.busy == 0 and self.chances.randrange(1500) == 0:
                Gateway.busy = self.chances.randrange(1, 41)
            busy = Gateway.busy > 0
            Gateway.busy = max(0, Gateway.busy - 1)
            delay = self.chances.random() * 0.002
        time.sleep(delay)
        if busy:
            return self.answer(429, b"<html>slow down</html>")
        # Taken, code, and whether the connection is cut (with a reset) in place of an answer.
        for below, takes, code, cut, reset in (
            (20, False, 200, False, False),
            (26, True, 500, False, False),
            (32, False, 500, False, False),
            (38, True, 503, False, False),
            (44, False, 502, False, False),
            (52, True, 200, True, False),
            (60, True, 200, True, True),
            (68, False, 200, True, True),
            (76, True, 200, True, False),
            (84, False, 200, True, True),
            (1000, True, 200, False, False),
        ):
            if chance < below:
                break
        if takes:
            with self.lock:
                self.taken.write(body["msisdn"] + "\n")
        if cut:
            if reset:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            return None
        return self.answer(code, b'{"status":"ok"}')

    def answer(self, code, body):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
print(server.server_port, flush=True)
server.serve_forever()
