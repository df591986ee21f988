// Ways out: the safe exit, signing out, locking by hand, by idleness and when a shared device's page is left.

import { forgetItem } from "./forget-item.js";
import { begin, beginAgain, engine, forget } from "./engine.js";
import { get, set } from "./state.js";
import { emptyTimeline } from "./timeline.js";

const NEUTRAL = "https://www.ilmatieteenlaitos.fi/"; // the weather: nothing to explain to anybody
const IDLE_SHARED_MS = 15 * 60_000;
const TWICE_MS = 700;

/** The session ends even when the page is gone before the answer. */
const endSession = (): Promise<unknown> =>
	fetch("/api/sign_out", {
		method: "POST",
		headers: { "content-type": "application/json", "x-luotsi": "1" },
		body: "{}",
		credentials: "same-origin",
		keepalive: true,
	}).catch(() => undefined);

export const exitNow = (): void => {
	document.documentElement.hidden = true;
	document.title = "";
	void endSession();
	forget();
	forgetItem();
	location.replace(NEUTRAL);
};

/** The page goes blank; the composer goes with it and saves what was typed last. */
const clear = async (): Promise<void> => {
	set({ rooms: null, open: null, view: null, timeline: emptyTimeline, code: null });
	await new Promise((resolve) => setTimeout(resolve));
};

export const signOut = async (): Promise<void> => {
	await clear();
	await engine().stop().catch(() => undefined);
	await endSession();
	forget();
	set({ stage: "ended", ended: "signed_out" });
};

export const lock = async (): Promise<void> => {
	await clear();
	await engine().lock().catch(() => undefined);
};

const isOpen = (): boolean => get().self?.keys === "open";

const watchIdle = (): void => {
	let last = Date.now();
	const touch = (): void => void (last = Date.now());
	for (const event of ["pointerdown", "keydown", "scroll", "focus"]) addEventListener(event, touch, { capture: true, passive: true });
	setInterval(() => {
		const own = (get().self?.idleMinutes ?? 0) * 60_000;
		const most = get().shared ? Math.min(IDLE_SHARED_MS, own) : own;
		if (isOpen() && Date.now() - last > most) void lock();
	}, 10_000);
};

const watchEscape = (): void => {
	let last = -Infinity;
	addEventListener("keydown", (event) => {
		if (event.key !== "Escape") return;
		if (event.timeStamp - last < TWICE_MS) exitNow();
		last = event.timeStamp;
	});
};

const watchLeaving = (): void => {
	addEventListener("pagehide", () => {
		if (get().shared) forget();
	});
	addEventListener("pageshow", (event) => {
		if (event.persisted && !get().self) void beginAgain();
	});
};

export const guard = (): void => {
	watchIdle();
	watchEscape();
	watchLeaving();
	if (get().returned) return;
	forgetItem(); // whoever comes by another way than the provider's does not go on with it
	void begin();
};
