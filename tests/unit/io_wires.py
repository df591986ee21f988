#!/usr/bin/env python3
"""Facts about server/io's listening side, tried from outside on io_echo: direct TLS and behind the edge.

usage: io_wires.py IO_ECHO            prints a line for each fact and `N passed, M failed, 0 skipped`
"""
import base64
import os
import random
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

ECHO = sys.argv[1]
FACTS = []
UPGRADE = ("GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: {upgrade}\r\nConnection: Upgrade\r\n"
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: {version}\r\n"
	"Sec-WebSocket-Protocol: {protocol}\r\nOrigin: {origin}\r\nCookie: {cookie}\r\n\r\n")
GOOD = {"upgrade": "websocket", "version": "13", "protocol": "luotsi.v1", "origin": "https://localhost",
	"cookie": "a=b; __Host-luotsi=x"}
SECURITY = ["content-security-policy: default-src 'none'", "strict-transport-security:", "x-content-type-options: nosniff",
	"referrer-policy: no-referrer", "cross-origin-opener-policy: same-origin", "cross-origin-embedder-policy: require-corp"]


def fact(f):
	FACTS.append(f)
	return f


def free_port():
	"""None of those that the kernel gives to outgoing connections: one could take it before io_echo does."""
	while True:
		port = random.randrange(10000, 32000)
		with socket.socket() as s:
			if s.connect_ex(("127.0.0.1", port)):
				return port


class Service:
	"""One io_echo, and how to connect to it."""

	def __init__(self, mode, where):
		self.mode, self.dir = mode, where
		self.path = os.path.join(where, mode + ".sock")
		self.port = free_port()
		target = self.path if mode == "edge" else str(self.port)
		self.process = subprocess.Popen([ECHO, mode, target, where + "/cert.pem", where + "/key.pem", where + "/site"],
			stdout=subprocess.PIPE, text=True)
		assert self.process.stdout.readline() == "ready\n"
		self.context = ssl.create_default_context(cafile=where + "/cert.pem")

	def connect(self, timeout=30, context=None):
		if self.mode == "edge":
			s = socket.socket(socket.AF_UNIX)
			s.settimeout(timeout)
			s.connect(self.path)
			return s
		s = socket.create_connection(("127.0.0.1", self.port), timeout)
		s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		return (context or self.context).wrap_socket(s, server_hostname="localhost")

	def ask(self, data, timeout=30):
		"""Sends bytes, reads to the end."""
		s = self.connect(timeout)
		s.sendall(data if isinstance(data, bytes) else data.encode())
		return self.rest(s)

	@staticmethod
	def rest(s):
		out = b""
		try:
			while True:
				piece = s.recv(65536)
				if not piece:
					break
				out += piece
		except (ConnectionResetError, ssl.SSLError, BrokenPipeError):
			pass
		s.close()
		return out

	def get(self, path, headers=""):
		return self.ask(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")

	def post(self, path, body, headers=""):
		head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
		return self.ask(head.encode() + body)

	def alive(self):
		assert self.process.poll() is None, "the server died"
		assert b" 200 OK" in self.get("/api/alive"), "the server does not answer any more"

	def cpu(self):
		with open(f"/proc/{self.process.pid}/stat") as f:
			fields = f.read().rsplit(")", 1)[1].split()
		return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

	def stop(self):
		self.process.send_signal(signal.SIGTERM)
		out, _ = self.process.communicate(timeout=20)
		return self.process.returncode, out


class Ws:
	def __init__(self, service, **changes):
		self.s = service.connect()
		self.s.sendall(UPGRADE.format(**{**GOOD, **changes}).encode())
		self.buffer = b""
		while b"\r\n\r\n" not in self.buffer:
			piece = self.s.recv(4096)
			if not piece:
				break
			self.buffer += piece
		self.head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
		self.open = b" 101 " in self.head

	def send(self, data, op=1, fin=True, mask=True):
		data = data.encode() if isinstance(data, str) else data
		n = len(data)
		head = bytes([(0x80 if fin else 0) | op])
		bit = 0x80 if mask else 0
		head += bytes([bit | n]) if n < 126 else bytes([bit | 126]) + struct.pack(">H", n) if n < 65536 else bytes([bit | 127]) + struct.pack(">Q", n)
		key = b"\1\2\3\4" if mask else b""
		masked = (int.from_bytes(data, "big") ^ int.from_bytes((key * (n // 4 + 1))[:n], "big")).to_bytes(n, "big") if mask and n else data
		self.s.sendall(head + key + masked)

	def need(self, n):
		while len(self.buffer) < n:
			piece = self.s.recv(65536)
			if not piece:
				raise EOFError
			self.buffer += piece
		out, self.buffer = self.buffer[:n], self.buffer[n:]
		return out

	def frame(self):
		op, n = self.need(2)
		n &= 127
		n = struct.unpack(">H", self.need(2))[0] if n == 126 else struct.unpack(">Q", self.need(8))[0] if n == 127 else n
		return op & 15, self.need(n)

	def text(self):
		op, data = self.frame()
		while op == 9:  # on a busy machine this was silent for long enough to be asked
			self.send(data, op=10)
			op, data = self.frame()
		assert op == 1, f"opcode {op} {data}"
		return data.decode()

	def code(self):
		while True:
			op, data = self.frame()
			if op == 8:
				return struct.unpack(">H", data[:2])[0]


def status(answer):
	return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def refused(service, data, *codes):
	got = status(service.ask(data))
	assert got in codes, f"answered {got}"


@fact
def answers_a_request_and_closes(s):
	a = s.get("/api/x?a=1&b=2", "Cookie: a=b\r\n")
	assert status(a) == 200 and b"\r\n\r\n0 /api/x?a=1&b=2 0 a=b " in a and b"connection: close" in a, a


@fact
def every_answer_carries_the_security_headers(s):
	for a in (s.get("/api/x"), s.get("/"), s.get("/app-12345678.js"), s.get("/none.js"), s.post("/api/x", b"1"),
		s.ask("PUT /api HTTP/1.1\r\nHost: l\r\n\r\n"), s.ask(UPGRADE.format(**{**GOOD, "origin": "https://evil"}))):
		head = a.split(b"\r\n\r\n")[0].decode().lower()
		for line in SECURITY:
			assert line in head, (line, head)


@fact
def the_upgrade_answer_carries_headers_too(s):
	w = Ws(s)
	assert w.open and b"x-content-type-options: nosniff" in w.head, w.head


@fact
def serves_the_site_from_memory(s):
	a = s.get("/")
	assert b"text/html" in a and b"<p>index" in a and b"cache-control: no-cache" in a
	assert b"<p>index" in s.get("/rooms/17")
	a = s.get("/app-12345678.js", "Accept-Encoding: gzip, br\r\n")
	assert b"content-encoding: br" in a and b"immutable" in a and a.endswith(b"BROTLI"), a
	assert b"content-encoding" not in s.get("/app-12345678.js", "Accept-Encoding: br;q=0\r\n")
	assert status(s.get("/none.js")) == 200 and b"/none.js" in s.get("/none.js")


@fact
def knows_an_etag(s):
	a = s.get("/app-12345678.js")
	tag = [l for l in a.decode().split("\r\n") if l.startswith("etag:")][0][6:]
	b = s.get("/app-12345678.js", f"If-None-Match: {tag}\r\n")
	assert status(b) == 304 and b.endswith(b"\r\n\r\n"), b


@fact
def head_has_a_length_and_no_body(s):
	a = s.ask("HEAD /app-12345678.js HTTP/1.1\r\nHost: l\r\n\r\n")
	assert status(a) == 200 and a.endswith(b"\r\n\r\n") and b"content-length: 5" in a, a


@fact
def a_refused_head_has_no_body_either(s):
	for target in ("?x=1", "/api/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX: "):
		a = s.ask(f"HEAD {target} HTTP/1.1\r\nHost: l\r\n\r\n")
		assert a == b"" or (status(a) >= 400 and a.endswith(b"\r\n\r\n")), (target, a)


@fact
def wasm_may_run_in_the_argon2_worker_alone(s):
	assert b"wasm-unsafe-eval" in s.get("/argon2-12345678.js")
	assert b"wasm-unsafe-eval" not in s.get("/app-12345678.js")


@fact
def what_draws_pdf_pages_may_fetch_nothing(s):
	assert b"connect-src 'self'" in s.get("/app-12345678.js")
	drawn = s.get("/pdf-12345678.js")
	assert b"default-src 'none'; script-src 'self'; base-uri" in drawn and b"connect-src" not in drawn and b"wasm" not in drawn


@fact
def takes_a_body_up_to_its_ceiling(s):
	assert b" 65536 " in s.post("/api/x", b"x" * 65536)
	assert status(s.ask("POST /api/x HTTP/1.1\r\nHost: l\r\nContent-Length: 65537\r\n\r\n")) == 413
	assert b" 0 " in s.post("/api/x", b"")


@fact
def takes_a_body_in_pieces(s):
	c = s.connect()
	c.sendall(b"POST /api/x HTTP/1.1\r\nHost: l\r\nContent-Length: 10\r\n\r\n")
	for i in range(10):
		c.sendall(b"x")
		time.sleep(0.01)
	assert b" 10 " in s.rest(c)


@fact
def answers_later(s):
	assert s.post("/api/later", b"body").endswith(b"later")
	assert s.get("/api/later").endswith(b"later")


@fact
def refuses_lengths_that_say_two_things(s):
	for head in ("Transfer-Encoding: chunked", "Content-Length: 1\r\nTransfer-Encoding: chunked", "Content-Length: +1",
		"Content-Length: 1\r\nContent-Length: 1", "Content-Length: 1, 1", "Content-Length: 0x1", "Content-Length: -1",
		"Content-Length: \r\nContent-Length: 1", "Content-Length: 1\r\nContent-Length: \r\nContent-Length: 2", "Accept: */*"):
		refused(s, f"POST /api/x HTTP/1.1\r\nHost: l\r\n{head}\r\n\r\nx", 400)
	s.alive()


@fact
def refuses_two_hosts_of_one_request(s):
	for second in ("Host: m", "Host: l", "Host:", "hOsT: m"):
		refused(s, f"GET / HTTP/1.1\r\nHost: l\r\n{second}\r\n\r\n", 400)
		refused(s, UPGRADE.format(**GOOD).replace("\r\n", f"\r\n{second}\r\n", 1), 400)
	s.alive()


@fact
def refuses_h2c_and_other_upgrades(s):
	base = "GET / HTTP/1.1\r\nHost: l\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
	a = s.ask(base + "Upgrade: h2c\r\n\r\n")
	assert b"101" not in a.split(b"\r\n")[0] and b"h2c" not in a, a
	s.ask(base + "Upgrade: other\r\n\r\n")
	a = s.ask(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
	assert b"\0\0" not in a, a
	s.alive()


@fact
def refuses_wrong_upgrades_each_with_its_status(s):
	for change, code in (({"origin": "https://evil"}, 403), ({"origin": "null"}, 403), ({"protocol": "other"}, 400),
		({"protocol": "http"}, 400), ({"protocol": "luotsi.v1, http"}, 400), ({"version": "8"}, 400), ({"cookie": "a=b"}, 401),
		({"cookie": "x__Host-luotsi=1"}, 401), ({"origin": "https://localhost\r\nOrigin: \r\nOrigin: https://evil"}, 403)):
		w = Ws(s, **change)
		assert not w.open and status(w.head) == code, (change, w.head)
	refused(s, UPGRADE.format(**GOOD).replace("/ws", "/other"), 404)
	refused(s, UPGRADE.format(**GOOD).replace("GET", "POST"), 404, 0)
	s.alive()


@fact
def pipelined_requests_do_no_harm(s):
	get, post = "GET /api/{} HTTP/1.1\r\nHost: l\r\n\r\n", "POST /api/{} HTTP/1.1\r\nHost: l\r\nContent-Length: 5\r\n\r\nhello"
	chunked = "POST /api/{} HTTP/1.1\r\nHost: l\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
	firsts = [get.format("x"), post.format("x"), get.format("later"), post.format("later"), chunked.format("x"),
		post.format("x").replace("5", "0").replace("hello", ""), "GET / HTTP/1.1\r\nHost: l\r\n\r\n"]
	seconds = [get.format("y"), post.format("y"), post.format("later"), post.format("y")[:-3], "x" * 20000, chunked.format("y"),
		UPGRADE.format(**GOOD), "\r\n\r\n", post.format("y").replace("5", "99999")]
	for first in firsts:
		for second in seconds:
			a = s.ask(first + second)
			assert a.count(b"HTTP/1.1 ") <= 1, (first, second, a)
	before = s.cpu()
	time.sleep(0.5)
	assert s.cpu() - before < 0.2, "spins"
	s.alive()


@fact
def pipelining_behind_a_slow_answer_does_not_spin(s):
	c = s.connect()
	c.sendall(b"POST /api/x HTTP/1.1\r\nHost: l\r\nContent-Length: 500\r\n\r\nabc")
	before = s.cpu()
	time.sleep(0.5)
	assert s.cpu() - before < 0.2
	c.close()
	s.alive()


@fact
def a_request_that_never_ends_is_cut(s):
	for start in (b"", b"GET / HT", b"POST /api/x HTTP/1.1\r\nHost: l\r\nContent-Length: 500\r\n\r\nabc"):
		c = s.connect(40)
		c.sendall(start)
		t = time.time()
		assert s.rest(c) == b"" and time.time() - t < 25
	c = s.connect(40)
	c.sendall(b"POST /api/x HTTP/1.1\r\nHost: l\r\nContent-Length: 500\r\n\r\n")
	t = time.time()
	try:
		while time.time() - t < 25:
			c.sendall(b"x")
			time.sleep(0.2)
	except OSError:
		pass
	assert time.time() - t < 25, "one byte at a time lives on"
	c.close()


@fact
def headers_over_their_ceiling_close(s):
	a = s.get("/api/x", "X: " + "y" * 40000 + "\r\n")
	assert status(a) in (0, 413)
	s.alive()


@fact
def echoes_messages_of_every_size(s):
	w = Ws(s)
	for n in (1, 125, 126, 1000, 2048, 2049, 65535, 65536):
		w.send("m" * n)
		assert w.text() == "m" * n
	w.send("a" * 30, fin=False)
	w.send("b" * 3000, op=0, fin=False)
	w.send("pinged", op=9)
	w.send("c", op=0)
	assert w.frame() == (10, b"pinged")
	assert w.text() == "a" * 30 + "b" * 3000 + "c"


@fact
def keeps_the_order_of_many_messages_sent_at_once(s):
	w = Ws(s)
	for i in range(500):
		w.send(f"{i} " + "x" * (i * 7 % 900))
	for i in range(500):
		assert w.text().split(" ")[0] == str(i)


@fact
def pongs_come_between_frames_never_inside(s):
	w = Ws(s)
	sent = pongs = texts = 0
	while pongs + texts < 120:
		while sent < 60 and sent - texts < 2:  # more unread texts would make this a slow reader
			w.send("p", op=9)
			w.send("L" * 60000)
			sent += 1
		op, data = w.frame()
		if op == 9:
			w.send(data, op=10)
			continue
		assert (op, data) in ((10, b"p"), (1, b"L" * 60000)), op
		pongs, texts = pongs + (op == 10), texts + (op == 1)


@fact
def closes_with_a_code_for_each_reason(s):
	for data, code in ((("x" * 65537, 1, True), 1009), ((b"\xff\xfe", 1, True), 1007), (("x", 2, True), 1003), (("close", 1, True), 4001)):
		w = Ws(s)
		w.send(data[0], op=data[1], fin=data[2])
		assert w.code() == code, code
	for frame in (b"", b"\0\0\0", b"\0\0\0\0", b"\0\0\0\2{}", b"\0\0\0\3{}b", b"\xff\xff\xff\xff{}b"):
		w = Ws(s)
		w.send(frame, op=2)
		assert w.code() == 1003, frame
	w = Ws(s)
	w.send(b"\0\0\0\2\xff\xfeb", op=2)
	assert w.code() == 1007
	w = Ws(s)
	w.send("x" * 40000, fin=False)
	w.send("x" * 40000, op=0)
	assert w.code() == 1009


@fact
def splits_a_binary_frame_into_text_and_blob(s):
	w = Ws(s)
	for n in (1, 200, 5000, 60000):
		blob = b"\xff" * n
		w.send(b"\0\0\0\2{}" + blob, op=2)
		assert w.frame() == (1, blob), n
	w.send(b"\0\0", op=2, fin=False)
	w.send(b"\0\2{}bl", op=0, fin=False)
	w.send(b"ob", op=0)
	assert w.frame() == (1, b"blob")
	w.send("text")
	assert w.frame() == (1, b"text")


@fact
def malformed_frames_do_no_harm(s):
	for raw in (b"\x81\x05hello", b"\xf1\x80\1\2\3\4", b"\x80\x80\1\2\3\4", b"\x83\x80\1\2\3\4", b"\x09\x80\1\2\3\4", b"\x81\xff" + b"\xff" * 8 + b"\1\2\3\4",
		b"\x89\xfe\x01\x00\1\2\3\4" + b"x" * 256, b"\x88\x81\1\2\3\4x", b"\x81\xfe\x00"):
		w = Ws(s)
		w.s.sendall(raw)
		if raw == b"\x81\xfe\x00":
			w.s.close()
			continue
		try:
			w.s.settimeout(10)
			while w.s.recv(4096):
				pass
		except (ConnectionResetError, ssl.SSLError):
			pass
	s.alive()


@fact
def closes_a_connection_without_a_first_frame(s):
	w = Ws(s)
	t = time.time()
	assert w.code() == 4002 and 1 < time.time() - t < 20


@fact
def asks_the_silent_and_closes_the_dead(s):
	w = Ws(s)
	w.send("x")
	w.text()
	assert w.frame()[0] == 9
	assert w.code() == 4003
	w = Ws(s)
	w.send("x")
	w.text()
	for _ in range(3):
		assert w.frame() == (9, b"?")
		w.send("?", op=10)


@fact
def closes_a_slow_reader_with_its_own_code(s):
	w = Ws(s)
	w.s.settimeout(20)
	for _ in range(4):
		w.send("flood")
	time.sleep(1)
	n = 0
	while True:
		op, data = w.frame()
		if op == 8:
			break
		assert data == b"f" * 1024
		n += 1
	assert struct.unpack(">H", data[:2])[0] == 4004 and n < 8000, n


@fact
def a_slow_reader_harms_nobody_else(s):
	w, other = Ws(s), Ws(s)
	w.send("flood")
	other.send("hello")
	assert other.text() == "hello"
	w.s.close()


@fact
def connections_that_vanish_are_forgotten(s):
	many = [Ws(s) for _ in range(50)]
	for w in many:
		w.send("x")
	for w in many:
		w.s.close()
	w = Ws(s)
	for _ in range(100):
		w.send("count")
		left = int(w.text())
		if left <= 5:
			break
		time.sleep(0.1)
	assert left <= 5


@fact
def tls_is_1_3_and_http_1_1_only(s):
	if s.mode == "edge":
		return
	old = ssl.create_default_context(cafile=s.dir + "/cert.pem")
	old.maximum_version = ssl.TLSVersion.TLSv1_2
	try:
		s.connect(context=old)
		raise AssertionError("spoke TLS 1.2")
	except (ssl.SSLError, ConnectionResetError):
		pass
	new = ssl.create_default_context(cafile=s.dir + "/cert.pem")
	new.set_alpn_protocols(["h2", "http/1.1"])
	c = s.connect(context=new)
	assert c.version() == "TLSv1.3" and c.selected_alpn_protocol() == "http/1.1"
	c.close()
	c = socket.create_connection(("127.0.0.1", s.port), 5)
	c.sendall(b"GET / HTTP/1.1\r\nHost: l\r\n\r\n")
	assert b"200" not in s.rest(c)


@fact
def believes_the_edge_about_the_client(s):
	a = s.get("/api/x", "x-luotsi-client: 192.0.2.7\r\n")
	assert a.endswith(b" 192.0.2.7" if s.mode == "edge" else b" 127.0.0.1"), a


@fact
def stops_with_1001_for_everybody(s):
	w = Ws(s)
	w.send("x")
	w.text()
	code, out = s.stop()
	assert w.code() == 1001
	assert code == 0, (code, out)


def tried(f, service, mode):
	try:
		f(service)
		sys.stdout.write(f"ok {mode}_{f.__name__}\n")  # one write: the modes run side by side
		return True
	except Exception as e:
		sys.stdout.write(f"not ok {mode}_{f.__name__} {type(e).__name__} {str(e)[:400]}\n")
		return False


def prepare(where):
	os.makedirs(where + "/site")
	for name, text in (("index.html", "<p>index"), ("app-12345678.js", "plain"), ("app-12345678.js.br", "BROTLI"), ("argon2-12345678.js", "1"), ("pdf-12345678.js", "2")):
		with open(f"{where}/site/{name}", "w") as f:
			f.write(text)
	subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
		"-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", where + "/key.pem", "-out", where + "/cert.pem"],
		check=True, capture_output=True)


def main():
	passed, failed = 0, 0
	with tempfile.TemporaryDirectory() as where:
		prepare(where)
		for mode in ("tls", "edge"):
			service = Service(mode, where)
			alone = [f for f in FACTS if "spin" in f.__name__ or "pipelined" in f.__name__ or "vanish" in f.__name__]
			crowd = [f for f in FACTS[:-1] if f not in alone]
			with ThreadPoolExecutor(8) as pool:
				results = list(pool.map(lambda f: tried(f, service, mode), crowd))
			results += [tried(f, service, mode) for f in [*alone, FACTS[-1]]]
			passed += sum(results)
			failed += len(results) - sum(results)
			if service.process.poll() is None:
				service.process.kill()
	print(f"{passed} passed, {failed} failed, 0 skipped")
	return 1 if failed or not passed else 0


sys.exit(main())
