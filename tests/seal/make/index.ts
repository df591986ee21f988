// Makes the vectors of proto/vectors anew. They are frozen: ECDSA and HPKE are random, so two makings differ in every byte, and a
// change of the vectors is a change of the format. Only `tests/seal/make_vectors --anew` comes here.

import { writeFileSync } from "node:fs";
import { makeControl } from "./control.js";
import { makeEnvelopes } from "./envelope.js";
import { makeIdentityVectors } from "./identity.js";
import { makeDerive, makeInvites, makeUnlock, makeWraps } from "./rest.js";
import { makeSeal } from "./seal.js";
import { vectorFile } from "../lib/vectors.js";

const write = (name: string, value: unknown): void => writeFileSync(vectorFile(name), `${JSON.stringify(value, null, "\t")}\n`);

write("control", await makeControl());
write("identity", await makeIdentityVectors());
write("envelope", await makeEnvelopes());
write("seal", await makeSeal());
write("derive", await makeDerive());
write("wrap", await makeWraps());
write("unlock", await makeUnlock());
write("invite", await makeInvites());
