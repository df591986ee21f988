// Bundles tests written in TypeScript and runs them with node:test; the last line is the sum in the form of tests/run.
//   node bundle-test.mjs FILE.test.ts... [-- NAME]      LUOTSI_ARGON2=quick: passphrases are not made dear

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const web = join(here, '..', '..', 'web');
const { build } = createRequire(join(web, 'package.json'))('esbuild');
const split = process.argv.indexOf('--');
const files = process.argv.slice(2, split < 0 ? undefined : split);
const only = split < 0 ? [] : ['--test-name-pattern', process.argv.slice(split + 1).join(' ')];

const out = mkdtempSync(join(tmpdir(), 'luotsi-test.'));
let status = 1;
try {
	await build({
		entryPoints: files.map((file) => resolve(file)), bundle: true, platform: 'node', format: 'esm', target: 'node20', outdir: out, sourcemap: 'inline',
		alias: { 'node:test': join(here, 'timed-test.mjs'), ...(process.env.LUOTSI_ARGON2 === 'quick' && { 'hash-wasm': join(here, 'argon2-quick.mjs') }) },
		outExtension: { '.js': '.mjs' }, nodePaths: [join(web, 'node_modules')], absWorkingDir: web, logLevel: 'warning', entryNames: '[name]',
		banner: { js: 'import { createRequire as luotsiRequire } from "node:module"; const require = luotsiRequire(import.meta.url);' },
	});
	const bundles = files.map((file) => join(out, basename(file).replace(/\.ts$/, '.mjs')));
	status = await run(bundles);
} finally {
	rmSync(out, { recursive: true, force: true });
}
process.exit(status);

async function run(bundles) {
	const child = spawn(process.execPath, ['--enable-source-maps', '--test', '--test-concurrency=1', '--test-reporter=tap', ...only, ...bundles], {
		stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, LUOTSI_TEST_LIB: here },
	});
	// whoever stops this stops the tests, and the folder goes
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
	let tail = '';
	child.stdout.on('data', (text) => {
		process.stdout.write(text);
		tail = (tail + text).slice(-4000);
	});
	const code = await new Promise((done) => child.once('exit', done));
	const count = (word) => Number(tail.match(new RegExp(`^# ${word} (\\d+)$`, 'm'))?.[1] ?? 0);
	const failed = count('fail') + count('cancelled');
	console.log(`${count('pass')} passed, ${failed || (code === 0 ? 0 : 1)} failed, ${count('skipped') + count('todo')} skipped`);
	return failed === 0 && code === 0 && count('pass') > 0 ? 0 : 1;
}
