// Tables that people bring: organisations and trainings. What was saved is read as it was, whatever stands in its cells, and whatever else comes is
// read as some table and never breaks. Chance comes from seeds that are printed when something fails.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { columnsOf, decodeTable, readDate, readTable, writeTable } from "../../web/src/agreement/csv.js";
import { makeDice, type Dice } from "../seal/lib/dice.js";

const ROUNDS = 3_000;
const SIGNS = ['"', '""', ";", ",", "\t", "\n", "\r\n", "'", "=", "+", "-", "@", " ", "a", "Ä", "ö", "€", "1", "0944845-0", "\u00a0", "\u2028", "\uFEFF", "😀", "\0"];

const cell = (dice: Dice): string => Array.from({ length: dice.below(9) }, () => dice.pick(SIGNS)).join("");
const table = (dice: Dice): string[][] => {
	const columns = 2 + dice.below(4);
	const head = Array.from({ length: columns }, (_, i) => `otsikko ${i}${dice.chance(30) ? ', yksi, kaksi; "kolme"' : ""}`);
	return [head, ...Array.from({ length: dice.below(6) }, () => Array.from({ length: columns }, () => cell(dice)))];
};
/** As it is read: without spaces around it; what would have been a formula stands behind an apostrophe. */
const asRead = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).trim();

test("a_table_that_was_saved_is_read_as_it_was_but_for_what_would_be_a_formula", () => {
	for (let seed = 1; seed <= ROUNDS; seed++) {
		const rows = table(makeDice(seed));
		const read = readTable(decodeTable(new TextEncoder().encode(writeTable(rows))));
		assert.deepEqual(read, rows.map((row) => row.map(asRead)).filter((row) => row.some((one) => one !== "")), `seed ${seed}`);
	}
});

test("whatever_bytes_come_are_read_as_some_table_of_trimmed_cells", () => {
	for (let seed = 1; seed <= ROUNDS; seed++) {
		const dice = makeDice(seed), size = dice.below(400);
		const bytes = dice.chance(50) ? dice.bytes(size) : new TextEncoder().encode(Array.from({ length: size }, () => dice.pick(SIGNS)).join(""));
		const text = decodeTable(bytes), rows = readTable(text);
		assert.ok(rows.every((row) => row.some((one) => one !== "") && row.every((one) => one === one.trim())), `seed ${seed}`);
		assert.ok(rows.length <= text.split("\n").length && rows.flat().join("").length <= text.length, `seed ${seed}`);
		const found = columnsOf(rows[0] ?? [], { name: ["a"], day: ["1"] });
		assert.ok([found.name, found.day].every((at) => at >= -1 && at < (rows[0]?.length ?? 1)), `seed ${seed}`);
	}
});

test("a_day_is_read_only_if_there_is_one", () => {
	for (let seed = 1; seed <= ROUNDS; seed++) {
		const dice = makeDice(seed), [day, month, year] = [dice.below(40), dice.below(15), 1900 + dice.below(300)];
		const is = new Date(Date.UTC(year, month - 1, day)), legal = day > 0 && is.getUTCDate() === day && is.getUTCMonth() === month - 1;
		assert.equal(readDate(`${day}.${month}.${year}`), legal ? is.toISOString().slice(0, 10) : "", `${day}.${month}.${year}`);
		assert.match(readDate(cell(dice)), /^$/);
	}
});
