// node:test for bundled tests, in which nothing waits for ever: a test that takes longer than LIMIT fails by its name, and a
// process that does not end after its last test says what holds it and fails.
import { createRequire } from 'node:module';
import { getActiveResourcesInfo } from 'node:process';

const LIMIT = 600_000, GRACE = 120_000;
const plain = createRequire(import.meta.url)('node:test');

export const { before, beforeEach, after, afterEach } = plain;

export const test = (name, options, act) => (act ? plain.test(name, { timeout: LIMIT, ...options }, act) : plain.test(name, { timeout: LIMIT }, options));

after(() => {
	setTimeout(() => {
		console.error(`# the tests are over and the process does not end; it is held by: ${getActiveResourcesInfo().join(', ')}`);
		process.exit(1);
	}, GRACE).unref();
});
