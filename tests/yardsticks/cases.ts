// The cases of rfc6455.toml, by their ids: what is to be heard, and what is said for it. What was heard is told in words:
// "ok" and "err ..." are replies of the service, "close 1002" a close frame, "cut" an end without one.

import { frame, handshake, openLine, openSession, type Headers, type Heard, type Line, type Place } from "./wire.js";

type Act = (place: Place) => Promise<string>;

const TEXT = 0x81, BINARY = 0x82, CLOSE = 0x88, PING = 0x89, PONG = 0x8a;

const wordOf = ({ opcode, payload }: Heard): string => {
	if (opcode === 8) return payload.length < 2 ? "close" : `close ${payload.readUInt16BE(0)}`;
	if (opcode === 9) return "ping";
	if (opcode === 10) return `pong ${payload.length > 20 ? payload.length : payload.toString("latin1")}`.trim();
	const reply = JSON.parse(payload.toString()) as { id?: number; err?: string };
	return reply.err ? `err ${reply.err}` : "ok";
};

const hears = async (line: Line, most: number): Promise<string> => {
	const words: string[] = [];
	while (words.length < most) {
		const heard = await line.next();
		words.push(heard ? wordOf(heard) : "cut");
		if (!heard || heard.opcode === 8) break;
	}
	line.leave();
	return words.join(", ");
};

/** Says these on a line with a session, and tells the next so many things that are heard. */
const says = (most: number, ...frames: readonly (Buffer | (() => Buffer))[]): Act => async (place) => {
	const line = await openSession(place);
	line.send(...frames.map((one) => (typeof one === "function" ? one() : one)));
	return hears(line, most);
};

/** The same of things that may overtake each other. */
const saysInAnyOrder = (most: number, ...frames: readonly Buffer[]): Act => async (place) => (await says(most, ...frames)(place)).split(", ").sort().join(", ");

const saysEach = (most: number, cases: readonly (readonly Buffer[])[]): Act => async (place) => {
	const heard = await Promise.all(cases.map((frames) => says(most, ...frames)(place)));
	return [...new Set(heard)].join("; ");
};

const bytes = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const ping = (id = 7): Buffer => frame(TEXT, Buffer.from(`{"id":${id},"op":"ping","body":{}}`));
const sized = (n: number): Buffer => Buffer.from(`{"id":7,"op":"ping","body":{}${" ".repeat(n - 30)}}`);
const blob = (n: number): Buffer => {
	const text = Buffer.from('{"id":7,"op":"ping","body":{}}'), length = Buffer.alloc(4);
	length.writeUInt32BE(text.length);
	return Buffer.concat([length, text, Buffer.alloc(n, 65)]);
};
/** An op of these bytes: unknown if they are UTF-8. */
const named = (hex: string): Buffer => Buffer.concat([Buffer.from('{"id":7,"op":"'), bytes(hex), Buffer.from('","body":{}}')]);
const close = (code: number, reason = Buffer.alloc(0)): Buffer => frame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 255]), reason]));
const pieces = (payload: Buffer, at: readonly number[]): Buffer[] =>
	[0, ...at].map((from, i) => frame((i === at.length ? 0x80 : 0) | (i === 0 ? 1 : 0), payload.subarray(from, at[i])));

const statusOf = (head: string): string => /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? "cut";
const shakes = (other: Headers, line?: string): Act => async (place) => {
	const opened = await openLine(place, handshake(place, other, line));
	opened.leave();
	return statusOf(opened.head);
};
const headerOf = (name: string, other: Headers = {}): Act => async (place) => {
	const opened = await openLine(place, handshake(place, other));
	opened.leave();
	return new RegExp(`^${name}: *(.*)\\r$`, "im").exec(opened.head)?.[1] ?? "none";
};

const REFUSED_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999];
const TAKEN_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];

export interface Case {
	readonly hears: string;
	/** Where the edge answers otherwise. */
	readonly edge?: string;
	readonly act: Act;
}

export const cases: Readonly<Record<string, Case>> = {
	"shake_accept_is_the_hash_of_the_key": { hears: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", act: headerOf("sec-websocket-accept") },
	"shake_names_the_one_subprotocol": { hears: "luotsi.v1", act: headerOf("sec-websocket-protocol") },
	"shake_takes_no_extension": { hears: "none", act: headerOf("sec-websocket-extensions", { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" }) },
	"shake_words_in_any_case": { hears: "101", act: shakes({ Upgrade: "WebSocket", Connection: "keep-alive, UPGRADE" }) },
	"shake_without_key": { hears: "cut", edge: "400", act: shakes({ "Sec-WebSocket-Key": null }) },
	"shake_version_8": { hears: "400", act: shakes({ "Sec-WebSocket-Version": "8" }) },
	"shake_says_its_version": { hears: "13", act: headerOf("sec-websocket-version", { "Sec-WebSocket-Version": "8" }) },
	"shake_without_version": { hears: "400", act: shakes({ "Sec-WebSocket-Version": null }) },
	"shake_by_post": { hears: "404", edge: "400", act: shakes({ "Content-Length": "0" }, "POST /ws HTTP/1.1") },
	"shake_by_http_1_0": { hears: "400", act: shakes({}, "GET /ws HTTP/1.0") },
	"shake_another_path": { hears: "404", edge: "400", act: shakes({}, "GET /ws2 HTTP/1.1") },
	"shake_without_host": { hears: "cut", edge: "400", act: shakes({ Host: null }) },
	"shake_without_subprotocol": { hears: "400", act: shakes({ "Sec-WebSocket-Protocol": null }) },
	"shake_another_subprotocol": { hears: "400", act: shakes({ "Sec-WebSocket-Protocol": "luotsi.v0, chat" }) },
	"shake_another_origin": { hears: "403", act: shakes({ Origin: "https://example.org" }) },
	"shake_without_origin": { hears: "403", act: shakes({ Origin: null }) },
	"shake_without_session": { hears: "401", act: shakes({ Cookie: null }) },
	"shake_h2c": { hears: "400", act: shakes({ Upgrade: "h2c", Connection: "Upgrade, HTTP2-Settings", "HTTP2-Settings": "AAMAAABkAARAAAAAAAIAAAAA" }, "GET / HTTP/1.1") },
	"shake_and_frame_in_one_piece": { hears: "pong at once", act: async (place) => hears(await openLine(place, handshake(place), frame(PING, Buffer.from("at once"))), 1) },

	"frame_text_of_every_length": { hears: "ok", act: saysEach(1, [30, 31, 125, 126, 127, 128, 1_000, 65_535, 65_536, 65_537, 131_072].map((n) => [frame(TEXT, sized(n))])) },
	"frame_text_of_nothing": { hears: "err malformed, close 1008", act: says(2, frame(TEXT, Buffer.alloc(0))) },
	"frame_binary_of_every_length": { hears: "err bad_field", act: saysEach(1, [1, 91, 92, 93, 1_000, 65_501, 65_502].map((n) => [frame(BINARY, blob(n))])) },
	"frame_binary_of_nothing": { hears: "close 1003", act: says(1, frame(BINARY, Buffer.alloc(0))) },
	"frame_many_in_one_piece": { hears: "ok, ok, ok, ok, pong x", act: saysInAnyOrder(5, ping(1), ping(2), ping(3), frame(PING, Buffer.from("x")), ping(4)) },
	"frame_byte_by_byte": { hears: "ok", act: async (place) => {
		const line = await openSession(place);
		for (const byte of ping()) line.send(Buffer.from([byte]));
		return hears(line, 1);
	} },
	"frame_without_mask": { hears: "ok", act: says(1, frame(TEXT, sized(40), false)) },
	"frame_of_the_server_has_no_mask": { hears: "false", act: async (place) => {
		const line = await openSession(place);
		line.send(ping());
		const heard = await line.next();
		line.leave();
		return String(heard?.masked);
	} },
	"frame_length_with_its_highest_bit": { hears: "cut", act: says(1, bytes("81 ff ff ff ff ff ff ff ff ff 00 00 00 00")) },
	"frame_length_longer_than_it_need_be": { hears: "ok", act: says(1, () => Buffer.concat([bytes("81 fe 00 1e 00 00 00 00"), sized(30)])) },

	"ping_without_payload": { hears: "pong", act: says(1, frame(PING, Buffer.alloc(0))) },
	"ping_with_text": { hears: "pong hei", act: says(1, frame(PING, Buffer.from("hei"))) },
	"ping_with_any_bytes": { hears: "pong \u0000\u00ff\u00fe", act: says(1, frame(PING, bytes("00 ff fe"))) },
	"ping_of_125_bytes": { hears: "pong 125", act: says(1, frame(PING, Buffer.alloc(125, 254))) },
	"ping_of_126_bytes": { hears: "cut", act: says(1, frame(PING, Buffer.alloc(126, 254))) },
	"ping_in_pieces": { hears: "close 1002", act: says(1, frame(0x09, Buffer.from("a")), frame(0x80, Buffer.from("b"))) },
	"ping_ten_times": { hears: "pong 9", act: async (place) => {
		const line = await openSession(place);
		let last = "";
		for (let i = 0; i < 10; i++) {
			line.send(frame(PING, Buffer.from(String(i))));
			const heard = await line.next();
			last = heard ? wordOf(heard) : "cut";
			if (last !== `pong ${i}`) break;
		}
		line.leave();
		return last;
	} },
	"ping_ten_in_one_piece": { hears: "ok, pong 0", act: saysInAnyOrder(2, ...Array.from({ length: 10 }, (_, i) => frame(PING, Buffer.from(String(i)))), ping()) },
	"pong_that_nobody_asked_for": { hears: "pong x", act: says(1, frame(PONG, Buffer.from("?")), frame(PONG, Buffer.alloc(0)), frame(PING, Buffer.from("x"))) },

	"bits_reserved_in_a_text": { hears: "close 1002", act: saysEach(1, [0x90, 0xa0, 0xc0, 0xf0].map((bit) => [frame(bit | 1, sized(40)), ping()])) },
	"bits_reserved_in_a_ping": { hears: "close 1002", act: saysEach(1, [0x90, 0xa0, 0xc0].map((bit) => [frame(bit | 9, Buffer.from("x")), ping()])) },
	"bits_reserved_in_a_close": { hears: "close 1002", act: saysEach(1, [0x90, 0xa0, 0xc0].map((bit) => [frame(bit | 8, bytes("03 e8"))])) },

	"opcode_of_no_data": { hears: "close 1002", act: saysEach(1, [3, 4, 5, 6, 7].map((code) => [frame(0x80 | code, Buffer.from("x")), ping()])) },
	"opcode_of_no_control": { hears: "close 1002", act: saysEach(1, [11, 12, 13, 14, 15].map((code) => [frame(0x80 | code, Buffer.from("x")), ping()])) },

	"pieces_of_a_text": { hears: "ok", act: says(1, ...pieces(sized(400), [100, 101, 300])) },
	"pieces_of_nothing_among_them": { hears: "ok", act: says(1, ...pieces(sized(40), [0, 20, 20, 40])) },
	"pieces_of_one_byte_each": { hears: "ok", act: says(1, ...pieces(sized(60), Array.from({ length: 59 }, (_, i) => i + 1))) },
	"pieces_with_a_ping_between": { hears: "pong x, ok", act: says(2, frame(0x01, sized(60).subarray(0, 20)), frame(PING, Buffer.from("x")), frame(0x80, sized(60).subarray(20))) },
	"pieces_with_a_close_between": { hears: "close 1000", act: says(1, frame(0x01, Buffer.from("{")), close(1000)) },
	"pieces_go_on_without_a_beginning": { hears: "close 1002", act: saysEach(1, [[frame(0x80, sized(40)), ping()], [frame(0x00, sized(40)), ping()]]) },
	"pieces_and_another_beginning": { hears: "close 1002", act: says(1, frame(0x01, Buffer.from("{")), frame(TEXT, sized(40))) },

	"utf8_that_is_good": { hears: "err unknown_op", act: saysEach(1, ["ce ba e1 bd b9 cf 83 ce bc ce b5", "f0 90 80 80", "f4 8f bf bf", "ed 9f bf", "ee 80 80", "ef bf bf"].map((hex) => [frame(TEXT, named(hex))])) },
	"utf8_parted_in_a_letter": { hears: "err unknown_op", act: says(1, ...pieces(named("ce ba e1 bd b9"), [15, 17, 18])) },
	"utf8_that_is_none": { hears: "close 1007", act: saysEach(1, ["80", "bf", "c0 af", "c1 bf", "e0 80 af", "e0 9f bf", "f0 80 80 af", "f0 8f bf bf", "ed a0 80", "ed bf bf", "f4 90 80 80", "f8 88 80 80 80", "fe", "ff", "ce ba ed a0 80 65"].map((hex) => [frame(TEXT, named(hex))])) },
	"utf8_that_is_cut": { hears: "close 1007", act: saysEach(1, ["c3", "e2 82", "f0 9f 98"].map((hex) => [frame(TEXT, Buffer.concat([Buffer.from("x"), bytes(hex)]))])) },
	"utf8_that_is_none_over_pieces": { hears: "close 1007", act: says(1, ...pieces(named("ce ba ed a0 80"), [16, 18])) },
	"utf8_is_not_asked_of_blobs": { hears: "err bad_field", act: says(1, frame(BINARY, Buffer.concat([blob(0), bytes("ff fe 80")]))) },

	"close_is_answered": { hears: "close 1000", act: says(1, close(1000)) },
	"close_with_a_reason": { hears: "close 1000", act: says(1, close(1000, Buffer.from("näin"))) },
	"close_without_a_code": { hears: "close", act: says(1, frame(CLOSE, Buffer.alloc(0))) },
	"close_of_one_byte": { hears: "close 1002", act: says(1, frame(CLOSE, Buffer.from([3]))) },
	"close_of_125_bytes": { hears: "close 1000", act: says(1, close(1000, Buffer.alloc(123, 97))) },
	"close_of_126_bytes": { hears: "cut", act: says(1, close(1000, Buffer.alloc(124, 97))) },
	"close_with_a_reason_that_is_no_utf8": { hears: "close 1007", act: says(1, close(1000, bytes("c3 28"))) },
	"close_with_codes_that_may_be": { hears: TAKEN_CODES.map((code) => `close ${code}`).join("; "), act: saysEach(1, TAKEN_CODES.map((code) => [close(code)])) },
	"close_with_codes_that_may_not_be": { hears: "close 1002", act: saysEach(1, REFUSED_CODES.map((code) => [close(code)])) },
	"close_and_nothing_is_heard_after_it": { hears: "close 1000, cut", act: async (place) => {
		const line = await openSession(place);
		line.send(close(1000), ping(), frame(PING, Buffer.from("x")));
		const words = [await line.next(), await line.next()].map((heard) => (heard ? wordOf(heard) : "cut"));
		line.leave();
		return words.join(", ");
	} },
	"close_by_the_server_waits_for_the_other": { hears: "close 1003, cut", act: async (place) => {
		const line = await openSession(place);
		line.send(frame(BINARY, Buffer.alloc(0)));
		const first = await line.next();
		line.send(close(1003));
		const second = await line.next();
		line.leave();
		return [first, second].map((heard) => (heard ? wordOf(heard) : "cut")).join(", ");
	} },

	"limit_of_one_frame": { hears: "close 1009", act: says(1, () => Buffer.concat([bytes("81 ff 00 00 00 00 00 04 00 01"), Buffer.alloc(4 + 20_000, 32)])) },
	"limit_of_a_message_in_pieces": { hears: "close 1009", act: says(1, ...pieces(Buffer.alloc(262_145, 32), [100_000, 200_000])) },
	"limit_is_reached_and_not_passed": { hears: "ok", act: says(1, () => frame(TEXT, sized(262_144))) },
	"limit_of_a_length_that_never_comes": { hears: "close 1009", act: says(1, bytes("81 ff 00 00 00 ff ff ff ff ff 00 00 00 00 20")) },
};
