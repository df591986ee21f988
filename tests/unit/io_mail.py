#!/usr/bin/env python3
"""Runs io_mail against mail servers of its own, and looks at what they were given.

usage: io_mail.py IO_MAIL
"""
import base64
import os
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading

LETTER = ["Subject: x", "", "..y"]
CREDENTIALS = base64.b64encode(b"\0luotsi\0right word").decode()


class Talk(socketserver.StreamRequestHandler):
	def say(self, *lines):
		self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

	def secure(self):
		self.request = self.server.context.wrap_socket(self.request, server_side=True)
		self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)

	def handle(self):
		way = self.server.way
		if way == "silent":
			self.server.silence.wait(20)
			return
		if way == "tls":
			self.secure()
		self.say("220 test")
		safe, known = way == "tls", False
		while line := self.rfile.readline().decode().rstrip("\r\n"):
			word = line.upper()
			if word.startswith("EHLO"):
				more = ["250-STARTTLS"] if way in ("starttls", "login") and not safe else []
				self.say("250-test", *more, *(["250-AUTH PLAIN"] if way == "login" and safe else []), "250 OK")
			elif word == "STARTTLS":
				self.say("220 go on")
				self.secure()
				safe = True
			elif word.startswith("AUTH PLAIN"):
				given = line.split()[2] if len(line.split()) > 2 else None
				if given is None:
					self.say("334 ")
					given = self.rfile.readline().decode().strip()
				known = given == CREDENTIALS
				self.say("235 welcome" if known else "535 no")
			elif word.startswith("MAIL") and way == "login" and not known:
				self.say("530 sign in first")
			elif word.startswith("RCPT") and way == "refusing":
				self.say("550 nobody here")
			elif word.startswith("RCPT") and way == "grey":
				self.say("451 come again")
			elif word.startswith("MAIL") and way == "sender":
				self.say("550 not from you")
			elif word == "DATA" and way == "cut_before":
				return
			elif word == "DATA":
				self.say("354 go on")
				lines = []
				while (one := self.rfile.readline().decode().rstrip("\r\n")) != ".":
					lines.append(one)
				if way == "cut_after":
					return
				if way == "content":
					self.say("554 not this")
					continue
				self.server.taken.append((way, safe, lines))
				self.say("250 taken")
			elif word == "QUIT":
				self.say("221 bye")
				return
			else:
				self.say("250 yes")


class Server(socketserver.ThreadingTCPServer):
	daemon_threads = True
	allow_reuse_address = True

	def handle_error(self, *_):
		pass  # clients that go away are what is being tried


def certificate(where, name):
	subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
		"-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{where}/{name}.key", "-out", f"{where}/{name}.pem"],
		check=True, capture_output=True)


def main():
	with tempfile.TemporaryDirectory(prefix="io_mail.") as where:
		certificate(where, "right")
		certificate(where, "wrong")
		with open(f"{where}/password", "w", encoding="ascii") as file:
			file.write("right word\nsecond line\n")
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain(f"{where}/right.pem", f"{where}/right.key")
		taken, silence = [], threading.Event()
		environment = {**os.environ, "MAIL_CA": f"{where}/right.pem", "MAIL_OTHER_CA": f"{where}/wrong.pem", "MAIL_PASSWORD_FILE": f"{where}/password"}
		for way in ("starttls", "tls", "clear", "login", "refusing", "grey", "sender", "content", "cut_before", "cut_after", "silent", "closed"):
			server = Server(("127.0.0.1", 0), Talk)
			server.way, server.context, server.taken, server.silence = way, context, taken, silence
			environment[f"MAIL_{way.upper()}"] = str(server.server_address[1])
			if way == "closed":
				server.server_close()
			else:
				threading.Thread(target=server.serve_forever, daemon=True).start()
		code = subprocess.run([sys.argv[1]], env=environment, check=False).returncode
		silence.set()
		expected = [("starttls", True, LETTER), ("tls", True, LETTER), ("clear", False, LETTER), ("login", True, LETTER)]
		if taken != expected:
			print(f"the servers have taken {taken}, not {expected}")
			return 1
		return code


sys.exit(main())
