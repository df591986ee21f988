// The flow suite: one service, one organisation, every test on it. LUOTSI_EDGE=yes puts the edge in front.

import { after, before } from "node:test";
import { assignmentTests } from "./assignments.test.js";
import { commitTests } from "./commit.test.js";
import { fileTests } from "./file.test.js";
import { halfTests } from "./half.test.js";
import { closeHouse, openHouse, type House } from "./house.js";
import { hostileTests } from "./hostile.test.js";
import { identifyTests } from "./identify.test.js";
import { invitationTests } from "./invitation.test.js";
import { jobsTests } from "./jobs.test.js";
import { libraryTests } from "./library.test.js";
import { passkeyTests } from "./passkey.test.js";
import { recoveryTests } from "./recovery.test.js";
import { resetTests } from "./reset.test.js";
import { rolesTests } from "./roles.test.js";
import { roomworkTests } from "./roomwork.test.js";
import { sessionTests } from "./session.test.js";
import { shareTests } from "./share.test.js";
import { signInTests } from "./sign-in.test.js";
import { lineTests } from "./line.test.js";
import { staffTests } from "./staff.test.js";
import { talkTests } from "./talk.test.js";
import { wireTests } from "./wire.test.js";

let house: House | undefined;

before(async () => {
	house = await openHouse();
});

after(async () => {
	if (house) await closeHouse(house);
});

const get = (): House => {
	if (!house) throw new Error("the house is not open");
	return house;
};

talkTests(get);
commitTests(get);
fileTests(get);
shareTests(get);
wireTests(get);
signInTests(get);
hostileTests(get);
sessionTests(get);
rolesTests(get);
roomworkTests(get);
assignmentTests(get);
libraryTests(get);
resetTests(get);
passkeyTests(get);
halfTests(get);
identifyTests(get);
invitationTests(get);
jobsTests(get);
staffTests(get);
lineTests(get);
recoveryTests();
