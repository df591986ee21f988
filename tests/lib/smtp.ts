// A mail server for tests: takes letters on a loopback port, and refuses as many and whom it is told to.

import { createServer, type Socket } from "node:net";

export interface Letter {
	readonly from: string;
	readonly to: readonly string[];
	/** As it came, lines with CRLF. */
	readonly text: string;
}

export interface Mailbox {
	readonly url: string;
	readonly letters: Letter[];
	/** How many of the next letters are refused with 451. */
	refusals: number;
	/** Receivers who are refused with 550. */
	readonly nobody: Set<string>;
	/** How many of the next letters are taken without a word. */
	silent: number;
	stop(): Promise<void>;
}

const converse = (socket: Socket, box: Omit<Mailbox, "stop" | "url">): void => {
	let rest = "", from = "", to: string[] = [], text: string[] | null = null;
	const say = (line: string): void => void socket.write(`${line}\r\n`);
	const hear = (line: string): void => {
		const word = line.split(/[ :]/)[0]?.toUpperCase();
		if (text !== null && line !== ".") {
			text.push(line.startsWith(".") ? line.slice(1) : line);
		} else if (text !== null) {
			box.letters.push({ from, to, text: `${text.join("\r\n")}\r\n` });
			[text, to] = [null, []];
			if (box.silent > 0) box.silent--;
			else say("250 taken");
		} else if (word === "MAIL" && box.refusals > 0) {
			box.refusals--;
			say("451 not now");
		} else if (word === "MAIL") {
			from = /<([^>]*)>/.exec(line)?.[1] ?? "";
			say("250 yes");
		} else if (word === "RCPT") {
			to.push(/<([^>]*)>/.exec(line)?.[1] ?? "");
			say(box.nobody.has(to.at(-1) ?? "") ? "550 nobody here" : "250 yes");
		} else if (word === "DATA") {
			text = [];
			say("354 go on");
		} else if (word === "QUIT") {
			socket.end("221 good bye\r\n");
		} else {
			say("250 yes");
		}
	};
	socket.setEncoding("latin1");
	socket.on("error", () => undefined);
	socket.on("data", (piece: string) => {
		const lines = (rest + piece).split("\r\n");
		rest = lines.pop() ?? "";
		lines.forEach(hear);
	});
	say("220 test");
};

export const openMailbox = async (): Promise<Mailbox> => {
	const box = { letters: [] as Letter[], refusals: 0, silent: 0, nobody: new Set<string>() };
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		converse(socket, mailbox);
	});
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	const { port } = server.address() as { port: number };
	const mailbox: Mailbox = Object.assign(box, {
		url: `smtp://127.0.0.1:${port}`,
		stop: () => new Promise<void>((done) => {
			for (const socket of sockets) socket.destroy();
			server.close(() => done());
		}),
	});
	return mailbox;
};
