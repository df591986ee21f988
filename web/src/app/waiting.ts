// How long somebody has waited, in the largest unit that fits.

import { useEffect, useState } from "preact/hooks";
import type { Speech } from "../text/text.js";

const MINUTE = 60_000;

export const waited = ({ t }: Speech, since: number, now: number): string => {
	const minutes = Math.max(0, Math.floor((now - since) / MINUTE));
	if (minutes < 1) return t("waiting.now");
	if (minutes < 60) return t("waiting.minutes", { count: minutes });
	if (minutes < 48 * 60) return t("waiting.hours", { count: Math.floor(minutes / 60) });
	return t("waiting.days", { count: Math.floor(minutes / 60 / 24) });
};

/** The time, again every half a minute. */
export const useNow = (): number => {
	const [now, tick] = useState(Date.now());
	useEffect(() => {
		const timer = setInterval(() => tick(Date.now()), 30_000);
		return () => clearInterval(timer);
	}, []);
	return now;
};
