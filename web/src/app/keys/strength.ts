// How good a passphrase is, said as one of a few words. A guess by its looks: length, variety, no runs. The engine refuses the worst.

export const LEAST = 15;

export type Strength = "short" | "weak" | "fair" | "good" | "strong";

const folded = (text: string): string => text.normalize("NFKC").trim().replace(/\s+/gu, " ");

const steps = (points: readonly number[]): number => {
	let run = 0;
	for (let at = 1; at < points.length; at++) {
		const step = (points[at] ?? 0) - (points[at - 1] ?? 0);
		if (step >= -1 && step <= 1) run++;
	}
	return run;
};

export const strength = (passphrase: string): Strength => {
	const text = folded(passphrase).toLowerCase();
	const points = [...text].map((sign) => sign.codePointAt(0) ?? 0);
	if (points.length < LEAST) return "short";
	const kinds = new Set(points).size;
	if (kinds < 7 || steps(points) > points.length / 2) return "weak";
	const words = new Set(text.split(" ").filter((word) => word.length >= 3)).size;
	if (words >= 5 || (points.length >= 28 && kinds >= 12)) return "strong";
	if (words >= 4 || (points.length >= 20 && kinds >= 10)) return "good";
	return "fair";
};

export const missing = (passphrase: string): number => Math.max(0, LEAST - [...folded(passphrase)].length);
