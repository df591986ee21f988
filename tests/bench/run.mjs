// Measures the relay against baselines in the same run and prints a table of ratios with their floors. Three rounds of each, medians.
// Started by tests/bench/run, which builds; every process that is started here is stopped here.

import { spawn, execFileSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { readFileSync, writeFileSync, readdirSync, mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { cpus, totalmem, release, tmpdir } from 'node:os';
import { get } from 'node:https';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startService } from '../lib/service.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const tools = join(root, 'build', 'bench-tools');
const bundles = join(root, 'web', 'dist-node', 'bench'); // there, so that node finds web/node_modules
const only = process.argv.slice(2);
const rounds = Number(process.env.ROUNDS ?? 3);
const work = mkdtempSync(join(tmpdir(), 'luotsi-bench.'));
chmodSync(work, 0o755);
const build = join(root, 'build', 'bench');
const rows = [];
const notes = [];

const wants = (name) => only.length === 0 || only.includes(name);
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const tell = (text) => process.stderr.write(`bench: ${text}\n`);
const row = (what, value, floor, detail) => {
	rows.push({ what, value, floor, detail });
	tell(`${what}: ${value.toFixed(3)} (${detail})`);
};

const settings = {
	requests_per_minute: 10000000, posts_per_minute: 10000000, sign_ins_per_minute: 10000000, connects_per_minute: 10000000,
	max_connections: 30000, max_connections_per_address: 30000, max_connections_per_user: 10000, epoch_max_messages: 100000000,
	requests_in_flight: 1000, idle_seconds: 86400, ping_seconds: 80000, client_idle_minutes: 600, staff_idle_minutes: 600, admin_idle_minutes: 600,
};

// --- processes -----------------------------------------------------------------------------------

const asService = (user) => (process.getuid() === 0 ? ['setpriv', '--reuid', user, '--regid', user, '--init-groups'] : []);

function start(command, args) {
	const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
	child.ended = new Promise((resolve) => child.once('exit', resolve));
	child.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	return child;
}

async function stop(child) {
	child.stdin.end();
	await child.ended;
}

function load(target, people, options, watch = {}) {
	const args = ['--port', target.port, '--origin', target.origin, '--ca', target.ca, '--people', people];
	for (const [name, value] of Object.entries(options)) args.push(...(value === true ? [`--${name}`] : [`--${name}`, value]));
	for (const [label, pid] of Object.entries(watch)) args.push('--watch', `${label}=${pid}`);
	return start(join(tools, 'load'), args.map(String));
}

async function loadOnce(target, people, options, watch) {
	const child = load(target, people, options, watch);
	const { value } = await child.lines.next();
	await stop(child);
	if (!value) throw new Error('the load generator printed nothing');
	const figures = JSON.parse(value);
	if (figures.refused || figures.dead) throw new Error(`refused: ${figures.refused}, dead: ${figures.dead}: ${figures.refusal}`);
	return figures;
}

function ceiling(service, ...args) {
	const command = [`host=${service.sockets} dbname=postgres user=postgres`, ...args.map(String)];
	return JSON.parse(execFileSync(join(tools, 'ceiling'), command, { encoding: 'utf8' }));
}

const children = (pid) =>
	readdirSync('/proc').filter((p) => /^\d+$/.test(p)).map(Number).filter((p) => statOf(p)?.[1] === pid);
const commandLine = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
const descendants = (pid) => [pid, ...children(pid).flatMap(descendants)];
const workers = (service) => descendants(service.server_pid).filter((p) => commandLine(p)[1] === 'worker');
const postmaster = (service) => Number(readFileSync(join(service.data, 'postmaster.pid'), 'utf8').split('\n')[0]);
const pss = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) * 1024;
const rss = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
/** Its counters and those of its children that ended; nothing for a process that ended meanwhile, as those of PostgreSQL may. */
function statOf(pid) {
	try {
		return readFileSync(`/proc/${pid}/stat`, 'utf8').split(')').pop().trim().split(' ').map(Number);
	} catch (thrown) {
		if (thrown.code === 'ENOENT' || thrown.code === 'ESRCH') return null;
		throw thrown;
	}
}
/** Milliseconds of processor that these have used, with what they began and waited for. */
const processor = (pids) => pids.map(statOf).reduce((sum, fields) => sum + (fields ? 10 * (fields[11] + fields[12] + fields[13] + fields[14]) : 0), 0);
/** Milliseconds that the host kept from this machine's processors since it started; they count as a process's own. */
const stolen = () => 10 * Number(readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/ +/)[8]);
const memory = (pids) => pids.reduce((sum, pid) => sum + pss(pid), 0);

// --- people --------------------------------------------------------------------------------------

// The people file of load.c, with each talker's next sender_seq kept up to date here.
class People {
	constructor(service, name, lines) {
		this.path = join(work, `${service.port}.${name}.people`);
		this.lines = lines.map((line) => line.split(' '));
		this.write();
	}
	write() {
		writeFileSync(this.path, this.lines.map((line) => line.join(' ')).join('\n') + '\n');
	}
	spent(talkers, messages) {
		for (const line of this.lines.slice(0, talkers)) line[9] = String(Number(line[9]) + messages);
		this.write();
	}
}

async function makePeople(service, count) {
	const child = start('node', [join(bundles, 'setup.mjs'), JSON.stringify({ ...service, count })]);
	const lines = [];
	for await (const line of child.lines) lines.push(line);
	child.stdin.end();
	if ((await child.ended) !== 0) throw new Error('setup failed');
	return new People(service, 'all', lines);
}

async function talk(service, people, options) {
	const figures = await loadOnce(service, people.path, options, { server: service.server_pid, database: postmaster(service) });
	people.spent(options.talk, options.messages);
	return figures;
}

async function nodeRelay(service) {
	const tls = (name) => join(service.state, 'tls', name);
	const child = start('node', [join(here, 'node_relay.mjs'), '18391', tls('server.pem'), tls('server.key'), service.sockets, 'postgres', 'postgres']);
	await child.lines.next();
	return { child, origin: 'https://localhost:18391', port: 18391, ca: service.ca };
}

// --- measurements --------------------------------------------------------------------------------

async function throughput(on, off, peopleOn, peopleOff) {
	const relayOn = [], relayOff = [], top = [], plain = [];
	const big = { talk: 100, flight: 8, messages: 1000 };
	const node = await nodeRelay(on);
	const all = new People(on, 'node', peopleOn.lines.map((line) => line.join(' ')));
	let last, lastPlain;
	for (let round = 0; round < rounds; round++) {
		top.push(ceiling(on, 'batch', 4).rows_per_second);
		relayOn.push((last = await talk(on, peopleOn, big)).per_second);
		relayOff.push((await talk(off, peopleOff, big)).per_second);
		lastPlain = await loadOnce(node, all.path, { ...big, messages: 300 }, { server: node.child.pid, database: postmaster(on) });
		plain.push(lastPlain.per_second);
		tell(`round ${round + 1}: ceiling ${top.at(-1).toFixed(0)}/s, relay ${relayOn.at(-1).toFixed(0)}/s, without signatures ${relayOff.at(-1).toFixed(0)}/s, node ${plain.at(-1).toFixed(0)}/s`);
	}
	await stop(node.child);
	const ratio = (a, b) => median(a.map((x, i) => x / b[i]));
	row('durable messages/s, signatures verified, to PostgreSQL\'s ceiling', ratio(relayOn, top), '>= 0.20', `${median(relayOn).toFixed(0)} / ${median(top).toFixed(0)} per s`);
	row('durable messages/s, without signatures, to PostgreSQL\'s ceiling', ratio(relayOff, top), '>= 0.33', `${median(relayOff).toFixed(0)} / ${median(top).toFixed(0)} per s`);
	row('the same to plain Node, signatures verified', ratio(relayOn, plain), '>= 2.5', `${median(relayOn).toFixed(0)} / ${median(plain).toFixed(0)} per s`);
	row('the same to plain Node, without signatures', ratio(relayOff, plain), '>= 4', `${median(relayOff).toFixed(0)} / ${median(plain).toFixed(0)} per s`);
	for (const [name, f] of [['relay, signatures verified', last], ['plain Node', lastPlain]])
		notes.push(`processor per message (${name}): server ${(f.cpu_server / f.delivered * 1e6).toFixed(0)} us, database ${(f.cpu_database / f.delivered * 1e6).toFixed(0)} us, load generator ${(f.cpu_load / f.delivered * 1e6).toFixed(0)} us`);
	notes.push(`latency at full load (100 connections, 8 in flight): p50 ${last.p50_ms} ms, p90 ${last.p90_ms}, p99 ${last.p99_ms}, max ${last.max_ms}`);
	return median(relayOn);
}

async function latency(service, people, full) {
	const ratios = [], p50 = [], commits = [];
	let figures;
	for (let round = 0; round < rounds; round++) {
		const commit = ceiling(service, 'single', 2000).commit_p50_ms;
		figures = await talk(service, people, { talk: 100, flight: 8, messages: Math.ceil(full / 2 * 4 / 100), rate: full / 2 });
		ratios.push(figures.p50_ms / commit);
		p50.push(figures.p50_ms);
		commits.push(commit);
	}
	row('median send to delivery at half load, to one durable commit', median(ratios), '<= 6', `${median(p50).toFixed(3)} / ${median(commits).toFixed(3)} ms at ${(full / 2).toFixed(0)}/s`);
	notes.push(`latency at half load: p50 ${figures.p50_ms} ms, p90 ${figures.p90_ms}, p99 ${figures.p99_ms}, max ${figures.max_ms}`);
}

async function idleMemory(service, people) {
	const ours = [], bare = [], n = 10000, connects = [];
	for (let round = 0; round < rounds; round++) {
		await service.restart();
		await new Promise((resolve) => setTimeout(resolve, 500));
		const pids = workers(service);
		const before = memory(pids);
		const held = load(service, people.path, { idle: n, hold: true });
		const figures = JSON.parse((await held.lines.next()).value);
		connects.push(figures.connect_seconds);
		ours.push((memory(pids) - before) / n);
		await stop(held);
		const server = start(join(tools, 'idle_tls'), ['18392', join(service.state, 'tls', 'server.pem'), join(service.state, 'tls', 'server.key')]);
		await server.lines.next();
		const empty = memory([server.pid]);
		const heldBare = load({ port: 18392, origin: service.origin, ca: service.ca }, people.path, { idle: n, hold: true, bare: true });
		await heldBare.lines.next();
		bare.push((memory([server.pid]) - empty) / n);
		await stop(heldBare);
		await stop(server);
	}
	row('memory of an idle connection with a session, at 10,000, to bare OpenSSL', median(ours.map((x, i) => x / bare[i])), '<= 1.5', `${(median(ours) / 1024).toFixed(1)} / ${(median(bare) / 1024).toFixed(1)} KiB`);
	notes.push(`10,000 clients connecting (handshake, upgrade, session): ${median(connects).toFixed(2)} s`);
}

async function crowd(service, people) {
	const ratios = [], alone = [], among = [];
	const options = { talk: 64, flight: 8, messages: 1000 };
	for (let round = 0; round < rounds; round++) {
		alone.push((await talk(service, people, options)).per_second);
		among.push((await talk(service, people, { ...options, idle: 9936 })).per_second);
		ratios.push(among.at(-1) / alone.at(-1));
	}
	row('throughput of 64 talkers among 10,000 connections, to 64 alone', median(ratios), '>= 0.7', `${median(among).toFixed(0)} / ${median(alone).toFixed(0)} per s`);
}

async function pages(service) {
	const child = start('node', [join(bundles, 'pages.mjs'), JSON.stringify({ ...service, rounds })]);
	const figures = JSON.parse((await child.lines.next()).value);
	await stop(child);
	row('a page of 50 out of 1,000,000 messages, to one out of 100', figures.ratio, '<= 1.5', `${figures.big_ms.toFixed(3)} / ${figures.small_ms.toFixed(3)} ms`);
}

async function startUp(service) {
	const conf = join(work, 'start.conf');
	const port = 18393;
	const text = readFileSync(service.conf, 'utf8').replace(/^port *=.*$/m, `port = ${port}`).replace(/^public_origin *=.*$/m, `public_origin = https://localhost:${port}`);
	writeFileSync(conf, text);
	const binary = readFileSync(`/proc/${service.server_pid}/cmdline`, 'utf8').split('\0')[0];
	const prefix = asService(service.user), took = [], sizes = [];
	for (let round = 0; round < rounds; round++) {
		const begun = performance.now();
		const child = spawn([...prefix, binary][0], [...[...prefix, binary].slice(1), 'run', '-c', conf], { stdio: 'ignore', cwd: root });
		const ended = new Promise((resolve) => child.once('exit', resolve));
		while (!(await answers(port, service.ca))) if (performance.now() - begun > 20000) throw new Error('does not start');
		took.push((performance.now() - begun) / 1000);
		await new Promise((resolve) => setTimeout(resolve, 300));
		sizes.push(Math.max(...descendants(child.pid).filter((p) => commandLine(p)[1] === 'worker').map(rss)));
		child.kill('SIGTERM');
		await ended;
	}
	row('a worker\'s memory at start, MB', median(sizes) / 1e6, '<= 25', 'VmRSS of the larger worker');
	row('start to first answer, s', median(took), '<= 1', 'luotsid run to the first HTTPS 200');
}

const answers = (port, ca) =>
	new Promise((resolve) => {
		const request = get({ host: 'localhost', port, path: '/', ca: readFileSync(ca), agent: false }, (answer) => {
			answer.resume().on('end', () => resolve(answer.statusCode === 200));
		});
		request.on('error', () => setTimeout(() => resolve(false), 5));
	});

async function informational(service, people) {
	const many = await talk(service, people, { talk: 1000, flight: 1, messages: 60 });
	notes.push(`1,000 connections, 1 in flight: ${many.per_second.toFixed(0)}/s, p50 ${many.p50_ms} ms, p99 ${many.p99_ms}`);
	const edge = await startService({ edge: true, build: join(root, 'build', 'bench'), settings });
	try {
		const edgePeople = await makePeople(edge, 100);
		const figures = await talk(edge, edgePeople, { talk: 100, flight: 8, messages: 500 });
		notes.push(`through the edge, 100 connections, 8 in flight: ${figures.per_second.toFixed(0)}/s, p50 ${figures.p50_ms} ms, p99 ${figures.p99_ms}`);
	} finally {
		await edge.stop();
	}
}

// What a sign-in costs us in private RSA keys: request object, client assertion, ID token.
const RSA_EACH = 3;

function rsaPerSecond() {
	const said = execFileSync('openssl', ['speed', '-seconds', '2', '-mr', 'rsa2048'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
	return Number(/^\+F2:\d+:2048:([\d.]+)/m.exec(said)[1]);
}

const STALL_MS = 5;
const providerPort = Number(process.env.BENCH_PORT ?? 18395);

const stalls = (service) =>
	readdirSync(service.log).map((name) => readFileSync(join(service.log, name), 'utf8')).join('\n')
		.split('\n').filter((line) => line.includes('loop_stalled')).map((line) => ({ ms: Number(/\bms=(\d+)/.exec(line)[1]), own: Number(/own_ms=(\d+)/.exec(line)[1]), processor: Number(/processor_ms=(\d+)/.exec(line)[1]) }));

/** The last lines of a service's logs that are more than information. */
const complaints = (service) =>
	readdirSync(service.log).flatMap((name) => readFileSync(join(service.log, name), 'utf8').split('\n')).filter((line) => /warn|error/i.test(line)).slice(-8).join('\n');

async function signIns() {
	const service = await startService({ build, bank: true, settings: { ...settings, identifications_per_address: 100000, stall_ms: STALL_MS } });
	const tls = (name) => join(service.state, 'tls', name);
	const conf = join(service.state, 'providers', 'pankki.conf');
	const text = readFileSync(conf, 'utf8');
	const of = (name) => new RegExp(`^${name} *= *(.*)$`, 'm').exec(text)[1];
	const provider = start('node', [join(here, 'at_once.mjs'), String(providerPort), tls('server.pem'), tls('server.key'), join(service.state, 'keys', 'pankki.decrypt.jwk'), of('issuer'), of('client_id'), of('acr').split(' ')[0]]);
	try {
		await provider.lines.next();
		writeFileSync(conf, text.replace(/^token_endpoint.*$/m, `token_endpoint = https://127.0.0.1:${providerPort}/token`).replace(/^jwks_uri.*$/m, `jwks_uri = https://127.0.0.1:${providerPort}/jwks`));
		await service.restart();
		const rates = [], rsa = [], before = stolen();
		for (let round = 0; round < rounds; round++) {
			rsa.push(rsaPerSecond() / RSA_EACH);
			const child = start('nice', ['-n', '19', 'node', join(here, 'sign_in.mjs'), JSON.stringify({ ...service, issuer: of('issuer'), count: 600, at_once: 100, first: round === 0 })]);
			const { value } = await child.lines.next();
			await stop(child);
			if (!value) throw new Error(`nobody signed in; the service said:\n${complaints(service)}`);
			rates.push(JSON.parse(value).per_second);
		}
		const seen = stalls(service);
		notes.push(`sign-ins, 100 at once, provider answering at once: ${median(rates).toFixed(0)}/s; ${(median(rates.map((x, i) => x / rsa[i])) * 100).toFixed(0)} % of what one processor's RSA allows (${median(rsa).toFixed(0)}/s)`);
		const most = (what) => Math.max(0, ...seen.map((s) => s[what]));
		row(`stalls of a worker's loop, of ${600 * rounds} sign-ins`, seen.filter((s) => s.own >= STALL_MS).length, '<= 0', `turns of ${STALL_MS} ms or more without what was spent in line for a processor; longest ${most('own')} ms, ${most('processor')} ms of processor`);
		notes.push(`by the clock, on two processors for all: ${seen.length} turns over ${STALL_MS} ms, longest ${most('ms')} ms; the host took ${stolen() - before} ms from both meanwhile`);
	} finally {
		await stop(provider);
		await service.stop();
	}
}

async function firstPage() {
	const service = await startService({ build, demo: true, edge: process.env.EDGE === '1', settings });
	try {
		const child = start('node', [join(bundles, 'first_page.mjs'), JSON.stringify({ ...service, proxy: 18394, rounds })]);
		const { value } = await child.lines.next();
		await stop(child);
		if (!value) throw new Error('the page was not measured');
		const figures = JSON.parse(value);
		row('first message in the client\'s page, s', figures.seconds, '<= 1.2', figures.detail);
		row('JavaScript and CSS sent before it, kB compressed', figures.kilobytes, '<= 60', figures.files);
	} finally {
		await service.stop();
	}
}

/** Parts of files against the same bytes from the same client straight into PostgreSQL; what 50 uploads cost, and what they cost the talk. */
async function files() {
	const service = await startService({ build, settings: { ...settings, parts_per_minute: 10000000, parts_at_once: 128, parts_at_once_per_address: 128 } });
	const uuid = (text) => text.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
	const people = await makePeople(service, 10);
	const [, cookie, org, room, account] = people.lines[0];
	const child = start('node', [join(here, 'files.mjs'), JSON.stringify({ ...service, cookie, org: uuid(org), room: uuid(room), account: uuid(account) })]);
	const ask = async (what) => {
		child.stdin.write(`${JSON.stringify(what)}\n`);
		const { value } = await child.lines.next();
		if (!value) throw new Error('files.mjs ended');
		return JSON.parse(value);
	};
	try {
		await child.lines.next();
		const up = [], down = [], written = [], read = [], calm = [], busy = [], costs = new Map();
		for (let round = 0; round < rounds; round++) {
			const alone = await ask({ do: 'direct', parts: 200, in_flight: 4 });
			written.push(alone.written);
			read.push(alone.read);
			for (const [way, list] of [['put', up], ['get', down]]) {
				const sides = { worker: workers(service), database: descendants(postmaster(service)), client: [child.pid] };
				const before = Object.values(sides).map(processor);
				list.push((await ask({ do: way, parts: 200, in_flight: 4 })).per_second);
				costs.set(way, Object.entries(sides).map(([name, pids], i) => `${name} ${((processor(pids) - before[i]) / 200).toFixed(1)} ms`).join(', '));
			}
			tell(`round ${round + 1}: up ${up.at(-1).toFixed(0)} of ${written.at(-1).toFixed(0)} MB/s, down ${down.at(-1).toFixed(0)} of ${read.at(-1).toFixed(0)} MB/s`);
		}
		const ratio = (a, b) => median(a.map((x, i) => x / b[i]));
		row('upload of parts, to writing them to PostgreSQL directly', ratio(up, written), '>= 0.5', `${median(up).toFixed(0)} / ${median(written).toFixed(0)} MB/s`);
		row('download of parts, to reading them from PostgreSQL directly', ratio(down, read), '>= 0.6', `${median(down).toFixed(0)} / ${median(read).toFixed(0)} MB/s`);
		for (const [way, cost] of costs) notes.push(`processor per part (${way}): ${cost}`);
		await service.restart();
		await new Promise((resolve) => setTimeout(resolve, 500));
		const pids = workers(service), idle = memory(pids);
		await ask({ do: 'hold', uploads: 50 });
		row('memory of an upload, at 50 at once, MB', (memory(pids) - idle) / 50 / 1e6, '<= 2', `${(idle / 1e6).toFixed(0)} MB idle, ${(memory(pids) / 1e6).toFixed(0)} MB with 50`);
		await ask({ do: 'release' });
		const options = { talk: 10, flight: 8, messages: 200, rate: 400 };
		for (let round = 0; round < rounds; round++) {
			calm.push((await talk(service, people, options)).p50_ms);
			await ask({ do: 'flow' });
			busy.push((await talk(service, people, options)).p50_ms);
			await ask({ do: 'ebb' });
		}
		row('median send to delivery while files flow, to without', ratio(busy, calm), '<= 2', `${median(busy).toFixed(2)} / ${median(calm).toFixed(2)} ms at ${options.rate}/s`);
	} finally {
		await stop(child);
		await service.stop();
	}
}

// --- the run -------------------------------------------------------------------------------------

function table() {
	const model = /model name\s*:\s*(.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown processor';
	const wide = Math.max(...rows.map((r) => r.what.length));
	console.log(`\n${'what'.padEnd(wide)}  measured  floor     figures`);
	for (const r of rows) {
		const [op, limit] = r.floor.split(' ');
		const met = op === '>=' ? r.value >= Number(limit) : r.value <= Number(limit);
		console.log(`${r.what.padEnd(wide)}  ${r.value.toFixed(2).padStart(8)}  ${r.floor.padEnd(8)}  ${met ? 'met   ' : 'MISSED'}  ${r.detail}`);
	}
	console.log('');
	for (const note of notes) console.log(note);
	console.log(`\nconditions: ${cpus().length} x ${model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, node ${process.version}; release build; server, PostgreSQL (full durability) and load generator on one machine; ${rounds} rounds, medians of the ratios; rate limits and the rotation of epochs raised out of the way; envelopes of 1 KiB signed beforehand`);
}

const on = await startService({ build, settings });
let off;
try {
	const needPeople = ['throughput', 'latency', 'memory', 'crowd', 'informational'].some(wants);
	const people = needPeople ? await makePeople(on, wants('informational') ? 1000 : 100) : null;
	let full = Number(process.env.FULL ?? 12000);
	if (wants('throughput')) {
		off = await startService({ build, settings: { ...settings, verify_signatures: 'no' } });
		full = await throughput(on, off, people, await makePeople(off, 100));
		await off.stop();
		off = null;
	}
	if (wants('latency')) await latency(on, people, full);
	if (wants('crowd')) await crowd(on, people);
	if (wants('informational')) await informational(on, people);
	if (wants('memory')) await idleMemory(on, people);
	if (wants('pages')) await pages(on);
	if (wants('start')) await startUp(on);
	if (wants('sign_in')) await signIns();
	if (wants('page')) await firstPage();
	if (wants('files')) await files();
	if (only.includes('pressure')) await (await import('./pressure.mjs')).underPressure({ row, notes, tell, talk, load, stop, makePeople, People, rounds, startService, build, settings });
	if (only.includes('scale')) await (await import('./scale.mjs')).wholeCountry({ row, notes, tell, talk, makePeople, rounds, build, work }, on);
	table();
} finally {
	if (off) await off.stop();
	await on.stop();
	rmSync(work, { recursive: true, force: true });
}
