// An attack: what it is called, on which checks of the client it must fail, and what the person sees instead. `mount` is told which client
// its victim uses. It gives what the victim's client said, and whether the attacker got what they wanted.

import type { CheckName, ToolName } from "./checks.js";
import type { Client } from "./client.js";
import type { Scene } from "./scene.js";

export interface Outcome {
	/** What the victim's client said: a reason for doubt, a refusal, or a state of the page. */
	readonly verdict: string;
	readonly succeeded: boolean;
}

export interface Attack {
	readonly name: string;
	/** All that stand against it: with these taken out of the victim's client it must succeed. */
	readonly checks: readonly [CheckName, ...CheckName[]];
	readonly verdict: string;
	/** What an evil person's own client does otherwise; it also lacks the checks. */
	readonly tools?: readonly ToolName[];
	mount(s: Scene, victim: Client, evil: Client): Promise<Outcome>;
}

declare global {
	/** What a client asks whose checks were taken out, or an evil one. */
	var evil: {
		madeFor<T extends object>(place: T): T;
		keyFor(to: { readonly rid: Uint8Array; readonly rtype: number }, key: Uint8Array): Uint8Array;
	};
}
