// Tests that are one story: each begins where the one before it ended. Once a step has failed the others fail at once and say which it was,
// instead of each waiting for what cannot come any more.

import { basename } from "node:path";
import { before as plainBefore, test } from "node:test";

/** Who can tell what there was to see when a step failed: functions of its name. */
export const witnesses = [];

const told = async (name) => (await Promise.all(witnesses.map((tell) => tell(name).catch(() => "")))).filter(Boolean);

const withWitness = async (error, name) => {
	if (error instanceof Error) error.message = [error.message, ...(await told(name))].join("\n");
	return error;
};

/** As node:test's; when it fails, what there was to see is told too. */
export const before = (act) => plainBefore(() => act().catch(async (error) => {
	throw await withWitness(error, `before ${basename(process.argv[1] ?? "").split(".")[0]}`);
}));

/** A story's own `test`: const test = story(). */
export const story = () => {
	let unfinished = "", broken = "";
	const step = async (name, act) => {
		broken ||= unfinished;
		if (broken) throw new Error(`an earlier step failed: ${broken}`);
		unfinished = name;
		try {
			await act();
		} catch (error) {
			throw await withWitness(error, name);
		}
		unfinished = "";
	};
	return (name, act) => void test(name, () => step(name, act));
};
