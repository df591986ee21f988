// Tests that are one story: each begins where the one before it ended. Once a step has failed the others fail at once and say which it was,
// instead of each waiting for what cannot come any more.

import { test } from "node:test";

/** A story's own `test`: const test = story(). */
export const story = (): ((name: string, act: () => unknown) => void) => {
	let unfinished = "", broken = "";
	return (name, act) =>
		void test(name, async () => {
			broken ||= unfinished;
			if (broken) throw new Error(`an earlier step failed: ${broken}`);
			unfinished = name;
			await act();
			unfinished = "";
		});
};
