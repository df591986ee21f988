// The organisation's root and recovery keys on paper: each split in three, of which any two make it whole again (Shamir, by
// shamir-secret-sharing, audited and without dependencies). One text for each of the three officers.

import { combine, split } from "shamir-secret-sharing";
import { equal, toBase64Url, type Bytes, type RawPair } from "../seal/index.js";

const OFFICERS = 3;
const NEEDED = 2;

const shared = async (secret: Bytes): Promise<string[]> => {
	const shares = await split(secret, OFFICERS, NEEDED);
	const back = new Uint8Array(await combine([shares[0] as Uint8Array, shares[2] as Uint8Array])) as Bytes;
	if (!equal(back, secret)) throw new Error("the shares do not make the key whole again");
	back.fill(0);
	return shares.map((share) => toBase64Url(new Uint8Array(share)));
};

/** Wipes the private keys: from here on they exist only as shares. */
export const paperShares = async (organisation: string, root: RawPair, recovery: RawPair): Promise<string[]> => {
	const [roots, recoveries] = [await shared(root.priv), await shared(recovery.priv)];
	root.priv.fill(0);
	recovery.priv.fill(0);
	return roots.map((share, i) => [
		`${organisation}: osa ${i + 1}/${OFFICERS}. Mitkä tahansa ${NEEDED} osaa yhdessä palauttavat avaimet. Säilytä kassakaapissa, älä koneella.`,
		`juuriavain     ${share}`,
		`palautusavain  ${recoveries[i]}`,
		"",
	].join("\n"));
};
