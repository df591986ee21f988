// node main.mjs providers --to DIR --port N --ca PEM [--organisation HEX] [--operator HEX]     writes Luotsi's provider files
// node main.mjs serve --port N --origin URL --cert PEM --key PEM --state DIR --keys DIR     serves until it is stopped
// The key of /ohjaus is in BANK_KEY; without it nothing can be spoiled.

import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { openBank } from './bank.mjs';
import { writeProviders } from './issuers.mjs';

const names = ['to', 'port', 'ca', 'organisation', 'operator', 'origin', 'cert', 'key', 'state', 'keys'];
const { positionals, values } = parseArgs({ allowPositionals: true, options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) });

const need = (...wanted) => {
	const missing = wanted.filter((name) => !values[name]);
	if (missing.length > 0) throw new Error(`missing: ${missing.map((name) => `--${name}`).join(' ')}`);
};

if (positionals[0] === 'providers') {
	need('to', 'port', 'ca');
	writeProviders(values.to, { bank: `https://127.0.0.1:${values.port}`, ca: values.ca, organisation: values.organisation, operator: values.operator });
} else if (positionals[0] === 'serve') {
	need('port', 'origin', 'cert', 'key', 'state', 'keys');
	const { port, origin, cert, key, state, keys } = values;
	const control = process.env.BANK_KEY ?? randomBytes(32).toString('hex');
	const bank = await openBank({ port: Number(port), origin, tls: { cert, key }, state, keys, control });
	console.log(`The bank answers at ${bank.origin}`);
	for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void bank.close());
} else throw new Error('say "providers" or "serve"');
