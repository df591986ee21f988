// Which passphrases everybody would try first: judged in the browser, before keys are made with them.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { makeActor, makeHouse, PASSPHRASE } from "./organisation.js";
import { makeRelay } from "./relay.js";
import { isGuessed } from "../../web/src/client/guessed.js";
import { draw } from "../../web/src/client/suggest.js";
import { words } from "../../web/src/words/words.js";

const OWN = ["Testikunnan nuorisopalvelut", "Aino Koskelainen"];

for (const phrase of [
	"passwordpassword", "Password 123456789", "salasana salasana 123", "qwertyuiopasdfgh", "1234567890123456", "p4ssw0rd p4ssw0rd", "Kissa-koira-2026", "lösenord lösenord", "iloveyou iloveyou iloveyou",
	"luotsi luotsi luotsi", "Testikunnan Testikunnan", "koskelainen 12345678", "TESTIKUNNAN nuorisopalvelut 2026", "salasana!!!!!!!!!!", "correct horse battery staple",
])
	test(`"${phrase}" is what everybody tries`, () => assert.equal(isGuessed(phrase, OWN), true));

for (const phrase of [PASSPHRASE, "pitkä rannalla kuljettu kesäpäivä", "kokonaan uusi pitkä salalause", "esittely amira kuunari majakka", "mummo osti torilta siikaa", "min mormor köpte blå stövlar"])
	test(`"${phrase}" is not`, () => assert.equal(isGuessed(phrase, OWN), false));

test("no words that are drawn are refused", async () => {
	for (const language of ["fi", "sv", "en"] as const) {
		const list = await words(language);
		for (let at = 0; at < list.length; at += 4) {
			const drawn = draw(list, Uint16Array.from([at, at + 1, at + 2, at + 3]));
			assert.equal(isGuessed(drawn, OWN), false, drawn);
		}
	}
});

test("keys are neither made nor renewed with one, and whoever has one may change it", async () => {
	const { relay, counsellor: o, admin } = await makeHouse(makeRelay());
	const c = makeActor(relay.addPerson("client"), relay.platform([...relay.chains.keys()].at(-1) as string));
	await c.engine.start();
	await assert.rejects(c.engine.createKeys({ passphrase: "salasana salasana 123", name: "Aino", language: "fi" }), { word: "weak_passphrase" });
	await c.engine.createKeys({ passphrase: PASSPHRASE, name: "Aino", language: "fi" });
	await assert.rejects(c.engine.changePassphrase({ present: { passphrase: PASSPHRASE }, passphrase: "relay relay 123456789" }), { word: "weak_passphrase" });
	await c.engine.changePassphrase({ present: { passphrase: PASSPHRASE }, passphrase: "mummo osti torilta siikaa" });
	for (const one of [c, o, admin]) await one.engine.stop();
});
