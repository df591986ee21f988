// A whole private service for a test in Node: tests/service, started, asked and stopped.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// A bundled test does not know where it came from: bundle-test.mjs says it.
const here = process.env.LUOTSI_TEST_LIB ?? dirname(fileURLToPath(import.meta.url));
const program = join(here, '..', 'service');

// Resolves to what tests/service says about itself (origin, ca, sockets, log, server_pid, ...) with
// restart(), down(), crash() and stop(). stop() rejects when a process was left or a sanitizer reported something.
export async function startService({ edge = false, demo = false, bank = false, port, workers, dir, build, settings = {} } = {}) {
	const args = [];
	if (edge) args.push('--edge');
	if (demo) args.push('--demo');
	if (bank) args.push('--bank');
	if (port) args.push('--port', String(port));
	if (workers) args.push('--workers', String(workers));
	if (dir) args.push('--dir', dir);
	if (build) args.push('--build', build);
	for (const [name, value] of Object.entries(settings)) args.push('--set', `${name}=${value}`);

	// A command that runs it in a place of its own (tests/chaos).
	const under = (process.env.LUOTSI_SERVICE_UNDER ?? '').split(' ').filter(Boolean);
	const [command, ...rest] = [...under, program, ...args];
	const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	const ended = new Promise((resolve) => child.once('exit', resolve));
	const told = async () => {
		for (;;) {
			const { value, done } = await lines.next();
			if (done) throw new Error(`tests/service ended (${await ended}) before it answered`);
			if (value.startsWith('{')) return JSON.parse(value);
		}
	};
	const service = await told();
	service.restart = async () => {
		child.stdin.write('restart\n');
		Object.assign(service, await told());
	};
	service.down = async () => {
		child.stdin.write('down\n');
		Object.assign(service, await told());
	};
	service.crash = async () => {
		child.stdin.write('crash\n');
		Object.assign(service, await told());
	};
	service.stop = async () => {
		child.stdin.end('stop\n');
		const code = await ended;
		if (code !== 0) throw new Error(`tests/service ended with ${code}: see the lines above`);
	};
	return service;
}
