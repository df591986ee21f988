// A moment as people write it: 24.12.2026 9.30 (or 9:30), in their own time. The browser's own field speaks the browser's language.

const two = (n: number): string => String(n).padStart(2, "0");

export const momentText = (at: number | undefined): string => {
	if (at === undefined) return "";
	const when = new Date(at);
	return `${when.getDate()}.${when.getMonth() + 1}.${when.getFullYear()} ${when.getHours()}.${two(when.getMinutes())}`;
};

/** Undefined: it is none. */
export const readMoment = (text: string): number | undefined => {
	const found = /^\s*(\d{1,2})\.(\d{1,2})\.(\d{4})\s+(\d{1,2})[.:](\d{2})\s*$/.exec(text);
	if (!found) return undefined;
	const [day, month, year, hour, minute] = found.slice(1).map(Number) as [number, number, number, number, number];
	const when = new Date(year, month - 1, day, hour, minute);
	const same = when.getFullYear() === year && when.getMonth() === month - 1 && when.getDate() === day && when.getHours() === hour && when.getMinutes() === minute;
	return same ? when.getTime() : undefined;
};
