// The flow suite: one service, one organisation, every test on it. LUOTSI_EDGE=yes puts the edge in front, and runs what it changes.

import { after, before, beforeEach } from "node:test";
import { adminTests } from "./admin.test.js";
import { agreementTests } from "./agreement.test.js";
import { assignmentTests } from "./assignments.test.js";
import { boxTests } from "./box.test.js";
import { drainTests, ownBuild, type Build } from "./drain.test.js";
import { endingTests } from "./ending.test.js";
import { commitTests } from "./commit.test.js";
import { fileTests } from "./file.test.js";
import { halfTests } from "./half.test.js";
import { atHome, closeHouse, isEdge, openHouse, type House } from "./house.js";
import { hostileTests } from "./hostile.test.js";
import { identifyTests } from "./identify.test.js";
import { invitationTests } from "./invitation.test.js";
import { jobsTests } from "./jobs.test.js";
import { killedTests } from "./killed.test.js";
import { libraryTests } from "./library.test.js";
import { notifyTests } from "./notify.test.js";
import { passkeyTests } from "./passkey.test.js";
import { recoveryTests } from "./recovery.test.js";
import { resetTests } from "./reset.test.js";
import { retentionTests } from "./retention.test.js";
import { rightsTests } from "./rights.test.js";
import { rolesTests } from "./roles.test.js";
import { roomworkTests } from "./roomwork.test.js";
import { sessionTests } from "./session.test.js";
import { shareTests } from "./share.test.js";
import { signInTests } from "./sign-in.test.js";
import { lineBegins, lineTests } from "./line.test.js";
import { logTests } from "./log.test.js";
import { staffTests } from "./staff.test.js";
import { talkTests } from "./talk.test.js";
import { wireTests } from "./wire.test.js";

let house: House | undefined;
let build: Build | undefined;

before(async () => {
	build = ownBuild();
	house = await openHouse({}, build.dir);
});

after(async () => {
	if (house) await closeHouse(house);
	build?.remove();
});

beforeEach(() => house && atHome(house));

const get = (): House => {
	if (!house) throw new Error("the house is not open");
	return house;
};

/**
 * What stands behind the edge too, and why. What is not here never sees which of the two it came by: it is between the engine, the gate
 * and the database, and runs on the direct listener alone.
 */
const edge: Readonly<Record<string, string>> = {
	talk: "WebSockets through a proxy: both ways, workers killed and the server started again behind it",
	file: "bodies are streamed, and cut, by the edge; a connection carries many requests",
	share: "parts over connections that break",
	wire: "the edge has limits, refusals and headers of its own",
	signIn: "cookies, redirections, addresses and headers come through the edge",
	hostile: "what is malformed meets the edge first",
	session: "open sockets end when the session does, through the edge",
	lineBegins: "the same",
	drain: "who is sent away comes back through the edge, whose queues hold who comes meanwhile",
	line: "the edge has times of its own for a silent line",
	passkey: "the origin and the host are seen through the edge",
};

const suites = {
	lineBegins, talk: talkTests, commit: commitTests, file: fileTests, share: shareTests, line: lineTests, wire: wireTests, signIn: signInTests, hostile: hostileTests, session: sessionTests,
	admin: adminTests, agreement: agreementTests, roles: rolesTests, roomwork: roomworkTests, assignments: assignmentTests, library: libraryTests, retention: retentionTests, ending: endingTests, reset: resetTests, passkey: passkeyTests, half: halfTests, drain: (of: () => House) => drainTests(of, () => build as Build),
	box: boxTests,
	identify: identifyTests, invitation: invitationTests, jobs: jobsTests, staff: staffTests, notify: notifyTests, log: logTests, killed: killedTests, recovery: recoveryTests, rights: rightsTests,
};

for (const [name, tests] of Object.entries(suites)) if (!isEdge || name in edge) tests(get);
