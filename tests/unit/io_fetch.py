#!/usr/bin/env python3
"""Runs io_fetch against an HTTPS server of its own that misbehaves by path.

usage: io_fetch.py IO_FETCH
"""
import http.server
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time


class Handler(http.server.BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"
	asked = 0

	def answer(self, status, body, headers=()):
		self.send_response(status)
		for name, value in headers:
			self.send_header(name, value)
		self.send_header("content-length", str(len(body)))
		self.end_headers()
		self.wfile.write(body)

	def do_GET(self):
		Handler.asked += 1
		if self.path == "/good":
			self.answer(200, b"GET")
		elif self.path == "/asked":
			self.answer(200, str(Handler.asked).encode())
		elif self.path == "/peer":
			self.answer(200, str(self.client_address[1]).encode())
		elif self.path == "/slow":
			time.sleep(3)
			self.answer(200, b"late")
		elif self.path == "/full":
			self.answer(200, b"x" * 65536)
		elif self.path == "/huge":
			self.answer(200, b"x" * 65537)
		elif self.path == "/endless":
			self.send_response(200)
			self.send_header("transfer-encoding", "chunked")
			self.end_headers()
			for _ in range(100000):
				self.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
		elif self.path == "/cut":
			self.send_response(200)
			self.send_header("content-length", "1000")
			self.end_headers()
			self.wfile.write(b"half")
			self.close_connection = True
		elif self.path == "/redirect":
			self.answer(302, b"elsewhere", [("location", "/good")])
		else:
			self.answer(500, b"broken")

	def do_POST(self):
		body = self.rfile.read(int(self.headers["content-length"]))
		self.answer(200, self.headers["content-type"].encode() + b"|" + body)

	def log_message(self, *_):
		pass


class Server(http.server.ThreadingHTTPServer):
	daemon_threads = True
	request_queue_size = 128

	def handle_error(self, *_):
		pass  # clients that go away are what is being tried


def certificate(where, name):
	subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
		"-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{where}/{name}.key", "-out", f"{where}/{name}.pem"],
		check=True, capture_output=True)


def main():
	with tempfile.TemporaryDirectory(prefix="io_fetch.") as where:
		certificate(where, "right")
		certificate(where, "wrong")
		server = Server(("127.0.0.1", 0), Handler)
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain(f"{where}/right.pem", f"{where}/right.key")
		server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
		threading.Thread(target=server.serve_forever, daemon=True).start()
		environment = {**os.environ, "FETCH_PORT": str(server.server_port), "FETCH_CA": f"{where}/right.pem", "FETCH_OTHER_CA": f"{where}/wrong.pem",
			"https_proxy": "http://127.0.0.1:1"}
		code = subprocess.run([sys.argv[1]], env=environment, check=False).returncode
		server.shutdown()
		return code


sys.exit(main())
