// `able.mjs NAMESPACE NAMESPACE`: can a line be laid between them on this machine? Ends with 0 if so; else says why not.

import { join } from "node:path";
import { openWire } from "./wire.js";

const ends = process.argv.slice(2) as [string, string];
const word = await openWire(join(process.env["LUOTSI_BUILD"] as string, "tests", "chaos", "wire"), ends, 1).then(
	(wire) => void wire.kill(),
	(thrown: unknown) => String(thrown),
);
if (word !== undefined) console.log(`# ${word}`.replaceAll("\n", " "));
process.exit(word === undefined ? 0 : 1);
