// Makes the vectors of proto/vectors anew. They are frozen: ECDSA and HPKE are random, so two makings differ in every byte, and a
// change of the vectors is a change of the format. Only `tests/seal/make_vectors --anew` comes here.

import { writeFileSync } from "node:fs";
import { makeControl } from "./control.js";
import { makeEnvelopes } from "./envelope.js";
import { makeFiles } from "./file.js";
import { makeIdentityVectors } from "./identity.js";
import { makeRecovery } from "./recovery.js";
import { makeDerive, makeInvites, makeUnlock, makeWraps } from "./rest.js";
import { makeSeal } from "./seal.js";
import { vectorFile } from "../lib/vectors.js";

const MAKERS = {
	control: makeControl, identity: makeIdentityVectors, envelope: makeEnvelopes, seal: makeSeal, derive: makeDerive, wrap: makeWraps, unlock: makeUnlock,
	invite: makeInvites, file: makeFiles, recovery: makeRecovery,
};

const named = process.argv.slice(2);
for (const [name, make] of Object.entries(MAKERS))
	if (named.length === 0 || named.includes(name)) writeFileSync(vectorFile(name), `${JSON.stringify(await make(), null, "\t")}\n`);
